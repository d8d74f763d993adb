"""What every kind of report must hold, whatever is in the data."""

import ast
import json
import os
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import geopandas
import numpy as np
import openpyxl
import polib
import pytest
import shapely
from matplotlib.collections import PathCollection

import sanxian
from rules.model import Verdict
from sanxian import assets, i18n
from sanxian.mapping import scene, web_map
from sanxian.mapping.styles import verdict_style
from sanxian.reports import SUFFIXES, ReportError, content, picture, sheet, web, write_report
from sanxian.reports.wording import chinese_number, degrees, metres, plain, share, square_metres

KINDS = (".docx", ".xlsx", ".html", ".pdf", ".geojson", ".gpkg")


def text_of(path):
    """All words of a Word file, tables included."""
    document = docx.Document(str(path))
    return "\n".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))


def cells_of(path):
    book = openpyxl.load_workbook(path)
    return {name: [list(row) for row in book[name].iter_rows()] for name in book.sheetnames}


# --- writing ------------------------------------------------------------------------------------------------------


def test_maps_leave_secret_layers_out_and_say_so(screening, workspace, tmp_path, monkeypatch, real_picture):
    monkeypatch.setattr(picture, "draw", real_picture)
    seen = []
    read = scene.Reader.layers_in

    def layers_in(self, bounds, roles):
        found = read(self, bounds, roles)
        seen.append(({layer.role for layer in found}, self.withheld))
        return found

    monkeypatch.setattr(scene.Reader, "layers_in", layers_in)
    records = workspace.layers()
    for record in records:
        record.secrecy = "secret" if record.role == "ecological_redline" else "internal"
    monkeypatch.setattr(workspace, "layers", lambda: records)
    for suffix in (".html", ".pdf", ".docx"):
        seen.clear()
        write_report(screening, tmp_path / f"a{suffix}", workspace=workspace)
        assert seen
        assert all("ecological_redline" not in roles and withheld == 1 for roles, withheld in seen)
        seen.clear()
        write_report(screening, tmp_path / f"b{suffix}", workspace=workspace, secret=True)
        assert any("ecological_redline" in roles for roles, _withheld in seen)
    assert "另有 1 个图层因密级没有画在图上。" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "因密级没有画" not in (tmp_path / "b.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("suffix", KINDS)
def test_every_kind_is_written_in_both_languages(screening, workspace, tmp_path, suffix, language):
    path = tmp_path / f"报告 report{suffix}"
    assert write_report(screening, path, workspace=workspace, language=language) == path
    assert path.stat().st_size > 1000
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert i18n.language() == "zh"


@pytest.mark.parametrize("suffix", KINDS)
def test_the_same_screening_gives_the_same_bytes(screening, workspace, tmp_path, suffix):
    first = write_report(screening, tmp_path / f"a{suffix}", workspace=workspace).read_bytes()
    second = write_report(screening, tmp_path / f"b{suffix}", workspace=workspace).read_bytes()
    assert first == second


def test_json_is_the_record_itself(screening, tmp_path):
    path = write_report(screening, tmp_path / "record.JSON")
    assert path.read_text(encoding="utf-8") == screening.to_json()


@pytest.mark.parametrize("suffix", KINDS)
def test_a_report_needs_neither_workspace_nor_rules(screening, tmp_path, suffix):
    write_report(screening, tmp_path / f"a{suffix}")


def test_a_screening_of_nothing_is_still_a_report(screening, tmp_path):
    for suffix in (".docx", ".xlsx", ".html", ".pdf", ".geojson"):
        write_report(replace(screening, projects=(), layers=()), tmp_path / f"a{suffix}")


def test_a_project_without_a_place_is_listed_all_the_same(screening, tmp_path):
    lost = replace(screening.projects[0], lonlat=None)
    for suffix in KINDS:
        write_report(replace(screening, projects=(lost,)), tmp_path / f"a{suffix}")
    assert "电子级化学品" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))["features"][0]["geometry"] is None


@pytest.mark.parametrize(("name", "words"), [
    ("report.doc", "不认识的报告类型"), ("report", "不认识的报告类型"), ("nowhere/report.docx", "不存在"), ("folder.docx", "文件夹"),
])
def test_what_cannot_be_written_is_said_in_a_sentence(screening, tmp_path, name, words):
    (tmp_path / "folder.docx").mkdir()
    with pytest.raises(ReportError, match=words) as caught:
        write_report(screening, tmp_path / name)
    assert caught.value.template.format(**caught.value.params) == str(caught.value)


def test_nothing_half_written_takes_the_place_of_a_report(screening, tmp_path, monkeypatch):
    path = tmp_path / "a.docx"
    path.write_bytes(b"former")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ReportError, match="No space left"):
        write_report(screening, path)
    assert path.read_bytes() == b"former"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.docx"]


def test_a_failure_elsewhere_is_not_blamed_on_the_report(screening, tmp_path):
    class Gone:
        def layers(self):
            raise FileNotFoundError(2, "No such file", "/elsewhere/layers.gpkg")

    with pytest.raises(FileNotFoundError):
        write_report(screening, tmp_path / "a.html", workspace=Gone())
    assert not list(tmp_path.iterdir())


# --- what is said ---------------------------------------------------------------------------------------------------


def test_no_report_ever_says_that_something_may_be_built(screening, tmp_path):
    word = text_of(write_report(screening, tmp_path / "a.docx"))
    page = write_report(screening, tmp_path / "a.html").read_text(encoding="utf-8")
    for text in (word, page):
        assert "可以建设" not in text
        assert "不是行政许可" in text
        assert "经图层比对，未发现项目用地与生态保护红线重叠" in text


def test_every_outcome_of_every_project_is_in_the_word_report(screening, tmp_path):
    text = text_of(write_report(screening, tmp_path / "a.docx"))
    for project in screening.projects:
        for outcome in project.outcomes:
            assert plain(outcome.title["zh"]) in text
            for item in outcome.clauses:
                assert item.clause.text in text


def test_the_word_report_is_set_in_chinese_fonts_with_repeated_headings(screening, tmp_path):
    path = write_report(screening, tmp_path / "a.docx")
    with zipfile.ZipFile(path) as archive:
        styles = archive.read("word/styles.xml").decode()
        body = archive.read("word/document.xml").decode()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert 'w:eastAsia="宋体"' in styles
    assert 'w:eastAsia="黑体"' in styles
    assert "eastAsiaTheme" not in re.search(r'w:styleId="Heading1".*?</w:style>', styles, re.DOTALL)[0]
    assert body.count("<w:tblHeader/>") > 5
    document = docx.Document(str(path))
    assert document.core_properties.created.date() == screening.on
    assert document.core_properties.modified.date() == screening.on


@pytest.mark.parametrize("form", ["short", "long"])
def test_table_columns_fill_the_page_and_no_more(screening, tmp_path, form):
    from docx.oxml.ns import qn

    document = docx.Document(str(write_report(screening, tmp_path / "a.docx", form=form)))
    rooms = iter([one.page_width - one.left_margin - one.right_margin for one in document.sections])
    room, tables = next(rooms), 0
    for element in document.element.body:
        if element.tag == qn("w:tbl"):
            widths = [int(column.get(qn("w:w"))) * 635 for column in element.tblGrid.findall(qn("w:gridCol"))]
            assert abs(sum(widths) - room) < room * 0.01
            tables += 1
        elif element.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None:
            room = next(rooms)
    assert tables > 10
    assert len({one.orientation for one in document.sections}) == 2


def test_a_single_project_gets_no_portfolio(screening, tmp_path):
    alone = replace(screening, projects=screening.projects[:1])
    text = text_of(write_report(alone, tmp_path / "a.docx"))
    assert "项目汇总" not in text
    assert "一、研判结论" in text


def project_content(screening, number, **changes):
    changed = replace(screening.projects[number], **changes)
    return content.build(replace(screening, projects=(changed,))).projects[0]


def test_an_unchecked_redline_is_never_told_as_clear(screening):
    checked = project_content(screening, 0).redline
    unchecked = project_content(screening, 0, redline=replace(screening.projects[0].redline, checked=False)).redline
    absent = content.build(replace(screening, layers=())).projects[0].redline
    assert "没有声明覆盖" not in "".join(checked)
    assert "没有声明覆盖" in "".join(unchecked)
    assert "不能说明" in "".join(absent)
    assert "未发现" not in "".join(absent)


def test_an_overlap_too_small_to_round_is_not_shown_as_nothing(screening):
    tiny = replace(screening.projects[0].redline, overlap_m2=0.004, share=1e-9, inside=True, distance_m=0.0)
    words = "".join(project_content(screening, 0, redline=tiny).redline)
    assert "重叠面积 0.004 m²" in words
    assert "<0.01%" in words
    assert "未发现" not in words


def test_a_redline_within_the_layers_accuracy_is_said_to_be_borderline(screening):
    near = replace(screening.projects[0].redline, distance_m=3.0)
    assert "临界" in "".join(project_content(screening, 0, redline=near).redline)


def test_a_prohibited_project_with_open_points_says_both(screening):
    words = project_content(screening, 0)
    assert words.verdict == "prohibited"
    assert any("未能判定" in line for line in words.conclusion)
    assert any("［临界］" in line for line in words.conclusion)
    assert {item.key for item in words.missing} >= {"layer:water_source", "attribute:wastewater", "clause:u2"}


def test_what_is_missing_is_asked_for_most_urgent_first(screening):
    words = project_content(screening, 0)
    assert all(item.what and item.holder for item in words.missing)
    assert words.missing[-1].key == "layer:water_source" or len(words.missing) > 1


def test_an_override_stands_beside_the_machines_verdict(screening):
    words = project_content(screening, 0)
    assert words.verdict == "prohibited"
    (row,) = words.overrides
    assert row[1] == "× 禁止"
    assert row[2] == "▲ 限制（复核时所见记录不全）"
    assert "2027-10-31" in row[4]


def words_of(path):
    """All words of a report that people read, without white space."""
    if path.suffix == ".pdf":
        pypdf = pytest.importorskip("pypdf", reason="reads PDF text")
        text = "".join(page.extract_text() for page in pypdf.PdfReader(str(path)).pages)
    else:
        text = text_of(path) if path.suffix == ".docx" else re.sub("<[^>]*>", "", path.read_text("utf-8"))
    return re.sub(r"[\s\0]", "", text)


@pytest.mark.parametrize("suffix", [".docx", ".pdf", ".html"])
@pytest.mark.parametrize("form", ["long", "short"])
def test_no_table_of_projects_leaves_a_review_out(screening, tmp_path, suffix, form):
    text = words_of(write_report(screening, tmp_path / f"a{suffix}", form=form))
    assert ("P1（人工意见：限制）" in text) is (form == "short" or suffix == ".html"), "who has which verdict"
    assert "×禁止人工意见：限制" in text, "one row a project"
    unreviewed = replace(screening, projects=tuple(replace(one, reviewed_verdict=None, overrides=()) for one in screening.projects))
    assert "人工意见：" not in words_of(write_report(unreviewed, tmp_path / f"b{suffix}", form=form))


def test_the_cover_of_one_project_says_what_its_reviewers_hold(screening):
    assert dict(content.build(replace(screening, projects=screening.projects[:1])).cover)["研判结论"] == "× 禁止；人工意见：限制"


@pytest.mark.parametrize(("why", "said"), [
    ("site-changed", "（复核后用地已变，不再起作用）"), ("outcome-changed", "（复核后程序结论已变，不再起作用）"),
    ("grounds-changed", "（复核后结论的依据已变，不再起作用）"), ("feature-changed", "（复核后图层要素已变，不再起作用）"), ("expired", "（未起作用）"), ("", "")])
def test_a_review_that_no_longer_acts_says_why_in_every_report(screening, why, said, tmp_path):
    from sanxian.overrides import Grounds, Seen

    first = screening.projects[0]
    (applied,) = first.overrides
    seen = replace(applied.override, seen=Seen(shapely.Point(116, 29.7).wkb_hex, "EPSG:4490", Verdict.PROHIBITED, (), Grounds("")))
    changed = replace(screening, projects=(replace(first, overrides=(
        replace(applied, override=seen, acting=not why, why=why),), reviewed_verdict=Verdict.PROHIBITED if why else Verdict.RESTRICTED),))
    words = project_content(changed, 0)
    assert words.overrides[0][2] == "▲ 限制" + said
    assert any("情况已变" in one for one in words.conclusion) == why.endswith("-changed")
    if why == "site-changed":
        for kind in (".docx", ".html", ".xlsx"):
            write_report(changed, tmp_path / f"r{kind}")
        text = {".docx": "\n".join(cell.text for table in docx.Document(tmp_path / "r.docx").tables for cell in table._cells),  # noqa: SLF001
                ".html": (tmp_path / "r.html").read_text("utf-8"),
                ".xlsx": "\n".join(str(cell.value) for part in openpyxl.load_workbook(tmp_path / "r.xlsx") for row in part for cell in row)}
        assert [kind for kind, one in text.items() if "复核后用地已变" not in one] == []


def test_an_ended_plan_says_so(screening):
    words = project_content(screening, 0)
    (plan,) = (tier for tier in words.rule_tiers if tier.title.startswith("规划"))
    assert "已失效" in plan.rows[0].basis


def test_units_without_clauses_are_named(screening):
    words = project_content(screening, 1)
    assert [tier.note for tier in words.access_tiers] == ["没有该单元的准入要求条款可供核对，须取得已公布的生态环境准入清单。"] * 2


def test_exceptions_say_what_became_of_them(screening):
    rows = project_content(screening, 0).exceptions
    assert ("长江干支流岸线一公里内新建、扩建化工项目", "以提升安全、环保水平为目的的改建", "不成立", "—") in rows


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_overall_verdict_has_its_own_conclusion(screening, verdict):
    first = project_content(screening, 0, verdict=verdict).conclusion[0]
    others = {project_content(screening, 0, verdict=other).conclusion[0] for other in Verdict if other is not verdict}
    assert first not in others


# --- hostile words --------------------------------------------------------------------------------------------------


def test_hostile_words_are_shown_and_do_nothing(screening, workspace, tmp_path):
    page = write_report(screening, tmp_path / "a.html", workspace=workspace).read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "&#123;&#123;7*7&#125;&#125;" in page  # folium would compute it
    assert "{{7*7}}" not in page
    assert "onerror" not in page.split("<script>")[0]
    assert "\u202e" not in page
    assert "[U+202E]" in page
    assert "\x07" not in page


def test_a_word_that_looks_like_a_formula_stays_a_word(screening, tmp_path):
    hostile = tuple(replace(screening.projects[0], id=text, name=text) for text in
                    ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "#N/A", "'quoted", "=HYPERLINK(\"x\")"))
    path = write_report(replace(screening, projects=hostile), tmp_path / "a.xlsx")
    rows = cells_of(path)["项目汇总"]
    for row, project in zip(rows[1:], hostile, strict=True):
        assert row[0].data_type == "s"
        assert row[0].value == project.id
        assert bool(row[0].quotePrefix) is project.id.startswith(("=", "+", "-", "@", "\t"))
    for sheet_rows in cells_of(path).values():
        assert not [cell for row in sheet_rows for cell in row if cell.data_type in ("f", "e")]


def test_a_cell_that_cannot_hold_its_text_says_so(screening, tmp_path):
    long = replace(screening.projects[0], name="长" * 40_000)
    path = write_report(replace(screening, projects=(long,)), tmp_path / "a.xlsx")
    text = cells_of(path)["项目汇总"][1][1].value
    assert len(text) <= sheet.LONGEST
    assert text.endswith("全文见 Word 报告）")


def test_characters_without_a_picture_are_named():
    assert plain("a\x00b\u200bc\u2066d\ud800e") == "a[U+0000]b[U+200B]c[U+2066]d[U+D800]e"
    assert plain("第一行\r\n第二行\t好") == "第一行\n第二行\t好"
    assert plain(None) == ""


# --- the workbook ---------------------------------------------------------------------------------------------------


def test_the_workbook_has_a_row_for_each_project_outcome_and_clause(screening, tmp_path):
    sheets = cells_of(write_report(screening, tmp_path / "a.xlsx"))
    assert len(sheets["项目汇总"]) == 1 + len(screening.projects)
    assert len(sheets["判定结论"]) == 1 + sum(len(project.outcomes) for project in screening.projects)
    assert len(sheets["准入清单条款"]) == 1 + 5
    assert len(sheets["所用数据"]) == 1 + len(screening.layers)
    assert [cell.value for cell in sheets["项目汇总"][0]][:3] == ["编号", "项目名称", "研判结论"]


def test_the_workbook_can_be_filtered_and_its_headings_stay(screening, tmp_path):
    book = openpyxl.load_workbook(write_report(screening, tmp_path / "a.xlsx"))
    for page in book:
        assert page.freeze_panes
        assert page.auto_filter.ref.startswith("A1:")
    assert book.properties.modified.date() == screening.on


def test_counts_of_the_workbook_add_up(screening, tmp_path):
    rows = cells_of(write_report(screening, tmp_path / "a.xlsx"))["项目汇总"]
    for row, project in zip(rows[1:], screening.projects, strict=True):
        assert sum(cell.value for cell in row[4:11]) == len(project.outcomes)


def test_a_redline_that_was_not_compared_leaves_no_zero_behind(screening, tmp_path):
    rows = cells_of(write_report(screening, tmp_path / "a.xlsx"))["项目汇总"]
    heads = [cell.value for cell in rows[0]]
    for row, project in zip(rows[1:], screening.projects, strict=True):
        if not project.redline.checked:
            assert row[heads.index("压占红线（m²）")].value is None
            assert row[heads.index("红线是否已比对")].value.startswith("否")


# --- the web page ---------------------------------------------------------------------------------------------------


def test_the_page_names_no_server(screening, workspace, tmp_path):
    page = write_report(screening, tmp_path / "a.html", workspace=workspace).read_text(encoding="utf-8")
    addresses = set(re.findall(r"""(?:https?:)?//[a-zA-Z0-9-]+\.[^\s"'<>)]*""", page))
    assert {address for address in addresses if not address.startswith("http://www.w3.org/")} <= set()
    assert not re.search(r"<(?:link|img|iframe|script)\b[^>]*\b(?:src|href)=", page)
    assert not re.search(r"@import|url\((?!data:|#)", page)
    assert "default-src 'none'" in page
    assert "sourceMappingURL" not in page


def test_the_page_tells_verdicts_by_mark_and_not_by_colour_alone(screening, tmp_path):
    page = write_report(screening, tmp_path / "a.html").read_text(encoding="utf-8")
    for project in screening.projects:
        style = verdict_style(project.verdict)
        assert f"{style.mark} " in page
        assert style.colour in page


def test_the_legend_holds_what_is_drawn_and_nothing_else(screening, workspace):
    page = web.page(screening, workspace=workspace)
    legend = page.split('<ul class="legend">')[2].split("</ul>")[0]
    assert "优先保护单元" in legend
    assert "一般管控单元" not in legend
    assert "干流岸线" in legend
    assert "支流岸线" not in legend


def test_a_file_that_is_not_inlined_is_an_error():
    with pytest.raises(KeyError, match=re.escape("bootstrap.css")):
        web_map._inline('<link rel="stylesheet" href="https://example.invalid/bootstrap.css"/>')
    with pytest.raises(KeyError, match="extra.js"):
        web_map._inline('<script src="extra.js"></script>')


def test_shared_borders_stay_shared_when_simplified():
    x = np.linspace(0, 1, 4_000)
    wave = 0.01 * np.sin(x * 40) + 0.5
    low = shapely.Polygon([(0, 0), *zip(x, wave, strict=True), (1, 0)])
    high = shapely.Polygon([(0, 1), *zip(x, wave, strict=True), (1, 1)])
    lighter, within = web_map.lighten(np.array([low, high]), kept=1_000)
    assert shapely.get_num_coordinates(lighter).sum() <= 1_000
    assert within > 0
    assert shapely.coverage_is_valid(lighter)
    assert shapely.area(shapely.union_all(lighter)) == pytest.approx(1.0)


# --- map layers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_map_layers_hold_every_project_with_its_verdict(screening, tmp_path, suffix):
    frame = geopandas.read_file(write_report(screening, tmp_path / f"a{suffix}"))
    assert list(frame["verdict"]) == [str(project.verdict) for project in screening.projects]
    assert list(frame["id"]) == [project.id for project in screening.projects]
    if suffix == ".gpkg":
        assert frame.crs.to_epsg() == 4490


# --- numbers and words ----------------------------------------------------------------------------------------------


def test_numbers_that_are_not_nothing_are_never_printed_as_nothing():
    assert share(1e-9) == "<0.01%"
    assert share(0.99999) == ">99.99%"
    assert share(0.9999999) == "100.00%"
    assert share(1.0) == "100.00%"
    assert share(0.0) == "0.00%"
    assert metres(0.01) == "<0.1 m"
    assert square_metres(0.00123) == "0.00123 m²"


def test_degrees_carry_over_to_minutes():
    assert degrees(115.9999999999, 29.0) == "东经116°00′00.00″，北纬29°00′00.00″"
    assert degrees(115.85, 28.69) == "东经115°51′00.00″，北纬28°41′24.00″"


@pytest.mark.parametrize(("number", "words"), [
    (1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (99, "九十九"), (100, "一百"), (101, "一百零一"), (110, "一百一十"),
    (1001, "一千零一"), (12345, "12345"),
])
def test_headings_count_as_chinese_does(number, words):
    assert chinese_number(number) == words


def test_lines_break_as_chinese_breaks():
    from sanxian.reports.pdf import tokens

    text = "经图层比对，未发现“重叠”（数据：ZH3604 2022）。"
    assert "".join(tokens(text)) == text
    for token in tokens(text):
        assert not token.startswith(("，", "”", "）", "。"))
        assert not token.endswith(("“", "（"))


def test_a_picture_shows_its_project_the_same_each_time(screening, workspace, real_picture):
    first = real_picture(screening.projects[0], workspace)
    assert first == real_picture(screening.projects[0], workspace)
    assert first != real_picture(screening.projects[0], None)
    assert first.startswith(b"\x89PNG")
    real_picture(screening.projects[-1], workspace)  # a point


def test_of_small_ones_something_is_left_in_a_coarse_picture():
    patches = np.array([shapely.box(0, 0, 3, 2), shapely.Point(50, 50).buffer(40), shapely.Point(200, 0)], dtype=object)
    coarse = picture._coarse(patches, 10.0)
    assert not shapely.is_empty(coarse).any()
    assert 0 < coarse[0].area <= 6.0
    assert len(coarse[1].exterior.coords) < len(patches[1].exterior.coords) / 2
    assert coarse[1].hausdorff_distance(patches[1]) <= 10.0


@pytest.mark.parametrize("together", [1, 2, 500])
def test_holes_stay_open_and_neighbours_fill_them(together):
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(3, 3, 7, 7))
    turned = shapely.Polygon(ring.exterior.coords[::-1], [ring.interiors[0].coords])
    inside = shapely.box(5, 5, 6.5, 6.5)
    paths = picture._paths(np.array([ring, shapely.transform(turned, lambda xy: xy + [20, 0]), inside], dtype=object), together)
    assert len(paths) == -(-3 // together)

    figure, canvas, axes = picture._page((0.0, 0.0, 40.0, 40.0))
    axes.add_collection(PathCollection(paths, facecolors="#ff0000", linewidths=0.0))
    canvas.draw()
    dots = np.asarray(canvas.buffer_rgba())

    def covered(x, y):
        across, up = axes.transData.transform((x, y))
        return tuple(dots[len(dots) - 1 - int(up), int(across)][:3]) == (255, 0, 0)

    assert [covered(1, 1), covered(4, 4), covered(21, 1), covered(24, 4), covered(6, 6)] == [True, False, True, False, True]


def test_scale_bars_have_round_lengths():
    assert [picture.nice_length(value) for value in (1.0, 9.99, 10.0, 260.0, 999.0)] == [1.0, 5.0, 10.0, 200.0, 500.0]


def own_messages():
    """Every message that the files of the reports mark."""
    home = Path(sanxian.__file__).parent
    for path in [home / "assets.py", *(home / "reports").glob("*.py"), *(home / "mapping").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_") \
                    and node.args and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


def test_every_word_has_its_english():
    folder = Path(sanxian.__file__).parent / "locales" / "en"
    words = {entry.msgid: entry.msgstr for path in folder.glob("*.po") for entry in polib.pofile(str(path), encoding="utf-8")}
    assert [text for text in sorted(set(own_messages()) - set(words)) if re.search("[\u4e00-\u9fff]", text)] == []
    for chinese, english in words.items():
        assert english
        assert set(re.findall(r"{\w+", chinese)) == set(re.findall(r"{\w+", english))


def test_an_english_report_holds_no_chinese_of_its_own(screening, tmp_path):
    """What remains Chinese comes from the data: names, clauses, the sentences of other parts."""
    with_english = [message for message in own_messages() if re.search("[\u4e00-\u9fff]", message)]
    i18n.set_language("en")
    words = content.build(screening)
    for text in (words.title, words.subtitle, *words.notes, *(name for name, _value in words.cover)):
        assert not re.search("[\u4e00-\u9fff]", text)
    assert with_english


def test_assets_are_found_and_carry_their_licence():
    assert assets.chinese_font().stat().st_size > 1_000_000
    assert "Vladimir Agafonkin" in assets.leaflet_script()
    assert "OpenJS Foundation" in assets.jquery_script()
    assert "url(images" not in assets.leaflet_style()
    with pytest.raises(assets.AssetError, match="pip install"):
        assets._file("no-such-package-at-all", "x.js")


def test_every_kind_of_report_is_listed():
    assert set(KINDS) | {".json", ".htm"} == set(SUFFIXES)

"""Templates are data: read strictly, written back as they were, and never run."""

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanxian.mapping.sheets import template
from sanxian.mapping.sheets.errors import SheetError
from sanxian.mapping.sheets.page import EDGE_MM, Rect, arrange, placed


@pytest.mark.parametrize("key", sorted(template.builtin()))
def test_a_template_comes_back_from_its_file_as_it_was(key, tmp_path):
    made = template.builtin()[key].with_fields(notes='多行\n"引号" \\ {{7*7}}', producer="某局\t").with_place("legend", (12.34, 56))
    file = tmp_path / "t.toml"
    file.write_text(made.to_toml(), encoding="utf-8")
    assert template.load_file(file) == made
    json_file = tmp_path / "t.json"
    import json

    json_file.write_text(json.dumps(made.to_dict()), encoding="utf-8")
    assert template.load_file(json_file) == made


@pytest.mark.parametrize(("broken", "sentence"), [
    ('format = 2\nid = "x"', "format 应为 1"),
    ('format = 1\nid = "a/b"', "id 应由"),
    ('format = 1\nid = "x"\ncode = "1"', "没有“code”这一项"),
    ('format = 1\nid = "x"\n[page]\nsize = "A5"', "page.size 不能是“A5”"),
    ('format = 1\nid = "x"\n[page]\nmargin_mm = true', "page.margin_mm 应是 3 到 60"),
    ('format = 1\nid = "x"\n[elements]\nlegend = 1', "elements.legend 应是 true 或 false"),
    ('format = 1\nid = "x"\n[fields]\ntitel = "t"', "没有“fields.titel”这一项"),
    ('format = 1\nid = "x"\n[map]\nlayers = ["no_such_role"]', "map.layers 不能是“no_such_role”"),
    ('format = 1\nid = "x"\nmap = 3', "map 应是一个表"),
    ('format = 1\nid = "x"\n[places]\nlabels = [1, 2]', "没有“places.labels”这一项"),
    ('format = 1\nid = "x"\n[places]\ntitle = [1]', "places.title 应是两个数"),
    ('format = 1\nid = "x"\n[places]\ntitle = [-1, 2]', "places.title 应是 0 到 1189"),
    ("format = ", "不是写得对的 TOML"),
])
def test_what_is_wrong_with_a_template_is_said(broken, sentence, tmp_path):
    file = tmp_path / "t.toml"
    file.write_text(broken, encoding="utf-8")
    with pytest.raises(SheetError, match=sentence.replace("[", r"\[")):
        template.load_file(file)


def test_what_is_filled_in_is_never_looked_at_again():
    assert template.fill("{name}：{code}", {"name": "{code}{{7*7}}", "code": "1"}) == "{code}{{7*7}}：1"
    assert template.fill("{unknown} {name!r} {0}", {"name": "x"}) == "{unknown} {name!r} {0}"


def test_every_template_names_its_shape_and_has_english():
    for made in template.builtin().values():
        assert made.zh
        assert made.en


@pytest.mark.parametrize("size", template.SIZES)
@pytest.mark.parametrize("orientation", template.ORIENTATIONS)
@pytest.mark.parametrize("panel", template.PANELS)
def test_nothing_on_a_page_stands_on_something_else(size, orientation, panel):
    made = replace(template.builtin()["zoning"], size=size, orientation=orientation, panel=panel)
    layout = arrange(made, subtitle=True)
    assert (layout.paper.width, layout.paper.height) == made.paper_mm
    boxes = [layout.title, layout.outer, layout.footer] + ([layout.panel] if layout.panel else [])
    for i, box in enumerate(boxes):
        assert layout.paper.holds(box)
        assert not any(box.meets(other, 1e-6) for other in boxes[i + 1:])
    assert layout.outer.holds(layout.map)
    for column in layout.columns:
        assert layout.panel.holds(column, 1e-6)


def test_a_panel_that_leaves_no_map_is_refused():
    with pytest.raises(SheetError, match="图面只剩"):
        arrange(replace(template.builtin()["plain"], panel="right", panel_mm=260.0))


@given(st.floats(0.1, 285), st.floats(0.1, 200), st.floats(-500, 1500), st.floats(-500, 1500))
def test_nothing_that_is_moved_leaves_the_page(width, height, x, y):
    paper = Rect(0, 0, 297, 210)
    there = placed(Rect(5, 5, width, height), x, y, paper)
    assert (there.width, there.height) == (width, height)
    assert paper.inset(EDGE_MM).holds(there, 1e-9)
    assert placed(there, there.x, there.y, paper) == pytest.approx(there)


def test_a_block_is_moved_and_put_back():
    made = template.builtin()["zoning"]
    moved = made.with_place("legend", (10.04, 20)).with_place("title", (1, 2))
    assert moved.places == {"legend": (10.0, 20), "title": (1, 2)}
    assert moved.with_place("legend", None).with_place("title", None) == made
    assert "places" not in made.to_dict()  # what was never moved can be read by programs that cannot move


def test_rects():
    assert Rect(0, 0, 10, 10).meets(Rect(9, 9, 5, 5))
    assert not Rect(0, 0, 10, 10).meets(Rect(10, 0, 5, 5))


def test_a_workspace_carries_templates(tmp_path):
    from layers.workspace import Workspace

    made = replace(template.builtin()["zoning"], id="局里的", zh="局里的")
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        template.keep(workspace, made)
        assert template.find("局里的", workspace) == made
        workspace.set_state(template.STATE_KEY, {**workspace.state(template.STATE_KEY), "bad": {"format": 9}})
        assert set(template.of_workspace(workspace)) == {"局里的"}
        with pytest.raises(SheetError, match="没有模板“none”"):
            template.find("none", workspace)


def test_toml_of_a_template_is_toml():
    text = template.builtin()["zoning"].to_toml()
    assert tomllib.loads(text)["page"]["size"] == "A3"


def test_the_template_in_the_guide_is_one():
    from pathlib import Path

    page = (Path(__file__).parents[3] / "docs" / "maps.md").read_text(encoding="utf-8")
    block = page.split("```toml\n")[1].split("```")[0]
    made = template.from_dict(tomllib.loads(block), "docs/maps.md")
    assert made.fields["producer"] == "某某市生态环境局"

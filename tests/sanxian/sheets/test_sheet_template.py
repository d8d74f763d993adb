"""Templates are data: read strictly, written back as they were, and never run."""

import tomllib
from dataclasses import replace

import pytest

from sanxian.mapping.sheets import template
from sanxian.mapping.sheets.errors import SheetError
from sanxian.mapping.sheets.page import Rect, arrange


@pytest.mark.parametrize("key", sorted(template.builtin()))
def test_a_template_comes_back_from_its_file_as_it_was(key, tmp_path):
    made = template.builtin()[key].with_fields(notes='多行\n"引号" \\ {{7*7}}', producer="某局\t")
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

"""Blocks of a sheet that were moved by hand: they stand where they were put, whole, on the page, in every kind of file."""

import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from gui.sheet import export
from sanxian.mapping.sheets import build, checks
from sanxian.mapping.sheets.page import EDGE_MM
from sanxian.mapping.sheets.template import BLOCKS, SIZES

ON = date(2026, 11, 22)


def rebuilt(sheet, **changes):
    made = replace(sheet.template, **changes)
    return build.build([layer.source for layer in sheet.layers], replace(sheet.request, template=made))


def texts(drawn):
    return sorted(one.text for one in drawn.written if one.element != "labels")


@pytest.fixture(scope="module")
def whole(sheet):
    """A part of the district, so that there is an inset, and one scale for every paper."""
    made = replace(sheet.request, extent=(116.99, 29.71, 117.02, 29.73))
    return build.build([layer.source for layer in sheet.layers], made)


def test_every_block_of_the_sheet_can_be_moved(whole):
    _image, drawn = export.picture(whole, dpi=40)
    assert set(drawn.blocks) == set(BLOCKS)
    assert drawn.moved == set()


@pytest.mark.parametrize("panel", ["right", "bottom", "none"])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_stands_where_it_was_put_and_says_the_same(whole, panel, block):
    before = rebuilt(whole, panel=panel)
    _image, drawn = export.picture(before, dpi=40)
    if block not in drawn.blocks:  # without a panel there is no legend
        return
    box = drawn.blocks[block]
    after = rebuilt(whole, panel=panel, places={block: (35.0, 60.0)})
    _image, moved = export.picture(after, dpi=40)
    assert moved.moved == {block}
    assert moved.blocks[block] == pytest.approx((35.0, 60.0, box.width, box.height))
    assert {key: at for key, at in moved.blocks.items() if key != block} == {key: at for key, at in drawn.blocks.items() if key != block}
    assert texts(moved) == texts(drawn)
    assert moved.legend == drawn.legend
    by = 35.0 - box.x, 60.0 - box.y
    here = sorted((one.text, round(one.box.x, 3), round(one.box.y, 3)) for one in drawn.written if one.element != "labels")
    there = sorted((one.text, round(one.box.x, 3), round(one.box.y, 3)) for one in moved.written if one.element != "labels")
    gone = [one for one in here if one not in there]
    assert gone
    for text, x, y in gone:  # nothing but the block moved, and all of it by the same
        assert any(text == other and abs(x + by[0] - x2) < 0.01 and abs(y + by[1] - y2) < 0.01 for other, x2, y2 in there)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("place", [(0.0, 0.0), (1189.0, 1189.0), (400.0, 0.0)])
def test_nothing_leaves_the_page_whatever_the_paper(whole, size, orientation, place):
    made = rebuilt(whole, size=size, orientation=orientation, places=dict.fromkeys(("legend", "title", "north_arrow", "crs"), place))
    _image, drawn = export.picture(made, dpi=30)
    assert drawn.moved == {"legend", "title", "north_arrow", "crs"}
    for name in drawn.moved:
        assert made.layout.paper.inset(EDGE_MM).holds(drawn.blocks[name], 1e-6), name
    assert "off-paper" not in {one.code for one in checks.after(made, drawn, None)}
    _image, still = export.picture(rebuilt(whole, size=size, orientation=orientation), dpi=30)
    assert texts(drawn) == texts(still)


def test_what_would_hide_another_block_is_an_error_that_can_be_mended(whole):
    _image, drawn = export.picture(whole, dpi=40)
    there = drawn.blocks["scale_bar"]
    covered = rebuilt(whole, places={"legend": (there.x, there.y - 5)})
    _image, moved = export.picture(covered, dpi=40)
    found = [one for one in checks.after(covered, moved, None) if one.code == "block-covers"]
    assert [one.severity for one in found] == ["error"] * len(found)
    assert "“图例”与“比例尺”叠在一起" in " ".join(one.words for one in found)
    mended = checks.mend(covered.request, found[0])
    assert mended.template.places == {}
    assert "block-covers" not in {one.code for one in checks.after(whole, drawn, None)}
    for name in BLOCKS:  # two moved onto each other are told once
        both = rebuilt(whole, places={name: (30.0, 60.0), "north_arrow": (31.0, 61.0)})
        _image, moved = export.picture(both, dpi=40)
        count = sum(one.code == "block-covers" for one in checks.after(both, moved, None))
        assert count == (name != "north_arrow"), name


def test_side_by_side_is_not_over_each_other(whole):
    _image, drawn = export.picture(whole, dpi=40)
    arrow = drawn.blocks["north_arrow"]
    places = {"scale_bar": (40.0, 60.0), "north_arrow": (40.0 + drawn.blocks["scale_bar"].width, 60.0)}
    beside = rebuilt(whole, places=places)
    _image, moved = export.picture(beside, dpi=40)
    assert moved.blocks["north_arrow"].x == pytest.approx(places["north_arrow"][0], abs=0.06)
    assert moved.blocks["north_arrow"].width == arrow.width
    assert "block-covers" not in {one.code for one in checks.after(beside, moved, None)}


def test_a_bar_that_was_moved_is_measured_where_it_stands(whole):
    made = rebuilt(whole, places={"scale_bar": (60.0, 80.0)})
    _image, drawn = export.picture(made, dpi=40)
    assert drawn.blocks["scale_bar"].holds(drawn.bar_box, 0.01)
    assert export.measured_bar_mm(made, drawn) == pytest.approx(made.bar.length_mm, rel=0.005)


def test_names_on_the_map_make_room_for_what_is_moved_there(whole):
    _image, drawn = export.picture(whole, dpi=40)
    name = next(one for one in drawn.written if one.element == "labels")
    made = rebuilt(whole, places={"north_arrow": (name.box.x - 2, name.box.y - 2)})
    _image, moved = export.picture(made, dpi=40)
    arrow = moved.blocks["north_arrow"]
    assert not any(one.box.meets(arrow, 0.2) for one in moved.written if one.element == "labels")


def test_pdf_svg_and_png_have_it_in_the_same_place(whole):
    made = rebuilt(whole, places={"title": (60.0, 120.0)})
    content, (drawn,) = export.pdf([made], on=ON)
    assert drawn.blocks["title"][:2] == (60.0, 120.0)
    place = []
    page = PdfReader(io.BytesIO(content)).pages[0]
    page.extract_text(visitor_text=lambda text, matrix, at, *_rest: place.append((text, matrix, at)))
    assert any(made.words.title[0] in text for text, _matrix, _at in place)
    _svg, other = export.svg(made)
    ET.fromstring(_svg)
    image, third = export.picture(made, dpi=96)
    assert other.blocks == third.blocks == drawn.blocks
    box = drawn.blocks["title"]
    per = 96 / 25.4
    crop = image.copy(round(box.x * per), round(box.y * per), round(box.width * per), round(box.height * per))
    colours = {crop.pixelColor(x, y).lightness() for x in range(crop.width()) for y in range(crop.height())}
    assert min(colours) < 60  # its letters
    assert max(colours) == 255  # on white

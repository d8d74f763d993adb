"""Sheets as files: searchable PDF, SVG without fonts and clips, PNG at its resolution; alike each time and on screen."""

import copy
import io
import re
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from pypdf import PdfReader
from PyQt5.QtGui import QImage

from gui.canvas.paint import pixels_of
from gui.sheet import export
from gui.sheet.fonts import searchable
from sanxian.assets import chinese_font
from sanxian.mapping.sheets import build, checks
from sanxian.mapping.sheets.errors import SheetError

ON = date(2026, 11, 22)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"


@pytest.fixture(scope="module")
def painted(sheet):
    return export.pdf([sheet], on=ON)


@pytest.fixture
def pdf(painted):
    return painted[0], copy.deepcopy(painted[1][0])


def text_of(content):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_chinese_in_a_pdf_is_found_as_it_is_written(pdf):
    text = text_of(pdf[0])
    flat = re.sub(r"\s", "", text)
    for words in ("年月立面食品高龙", "长江立面食品", "生态单元", "优先保护单元", "比例尺", "图例", "2000国家大地坐标系",
                  "中央经线117°E", "制图日期：2026-11-22", "内部", "117°00′"):
        assert words in flat, words
    assert re.search(r"39(498|499|501|502)", flat)  # kilometres with the zone before them
    strange = {letter for letter in text if 0x2E80 <= ord(letter) <= 0x2FDF or 0xF900 <= ord(letter) <= 0xFAFF}
    assert strange == set()


def test_hostile_text_is_text_and_nothing_else(pdf):
    content, drawn = pdf
    flat = re.sub(r"\s", "", text_of(content))
    assert "<script>alert(1)</script>" in flat
    assert "=cmd|'/Ccalc'!A0" in flat
    assert "{{7*7}}" in flat
    assert "49" not in flat.split("说明：")[1][:60]
    assert not any(letter in BIDI or unicodedata.category(letter) == "Cc" and letter not in "\n\r\t" for letter in text_of(content))
    assert "[U+202E]" in "".join(one.text for one in drawn.written)
    for word in (b"/JavaScript", b"/JS", b"/OpenAction", b"/URI", b"/Launch", b"/EmbeddedFile"):
        assert word not in content


def test_fonts_are_embedded_and_pages_have_their_size(pdf):
    page = PdfReader(io.BytesIO(pdf[0])).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descendant = font["/DescendantFonts"][0].get_object()
        assert "/FontFile2" in descendant["/FontDescriptor"].get_object()
        assert "/ToUnicode" in font
    width, height = (float(value) / 72 * 25.4 for value in page.mediabox[2:])
    assert (width, height) == (pytest.approx(420, abs=0.4), pytest.approx(297, abs=0.4))
    assert not page.images  # all of it is vectors, hatches too


def test_same_inputs_same_bytes(sheet, pdf):
    assert export.pdf([sheet], on=ON)[0] == pdf[0]
    assert b"/CreationDate (D:20261122" in pdf[0]
    assert export.svg(sheet)[0] == export.svg(sheet)[0]
    assert export.render([sheet], ".png", on=ON, dpi=50)[0] == export.render([sheet], ".png", on=ON, dpi=50)[0]


def test_an_svg_draws_its_text_and_needs_no_clip(sheet):
    content, _drawn = export.svg(sheet)
    root = ET.fromstring(content)
    tags = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
    assert not tags & {"text", "clipPath", "script", "image", "a", "foreignObject"}
    assert (root.get("width"), root.get("height")) == ("420mm", "297mm")
    assert b"<script" not in content


def test_thin_dashes_in_an_svg_are_as_long_as_on_paper(sheet):
    content = export.svg(sheet)[0].decode()
    found = re.findall(r'stroke-dasharray="([^"]+)" stroke-dashoffset="[^"]*" stroke-width="([^"]+)"[^>]*matrix\(10,0,0,10,', content)
    graticule = [lengths for lengths, width in found if float(width) < 0.2]
    assert graticule
    for lengths in graticule:
        assert [float(length) for length in lengths.split(",")] == pytest.approx([2.4, 1.2], rel=1e-3)
    for lengths, _width in found:  # in mm: no dash of any class is longer than 3 mm
        assert max(float(length) for length in lengths.split(",")) < 3.0


def test_a_png_knows_its_resolution(sheet, tmp_path):
    file = tmp_path / "a.png"
    export.write(sheet, file, on=ON, dpi=150)
    image = QImage(str(file))
    assert (image.width(), image.height()) == (round(420 / 25.4 * 150), round(297 / 25.4 * 150))
    assert round(image.dotsPerMeterX() * 0.0254) == 150
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.png"]


def test_a_tiff_lies_where_its_map_does(sheet, tmp_path):
    import rasterio
    from pyproj import CRS

    file = tmp_path / "图.tif"
    export.write(sheet, file, on=ON, dpi=120)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["图.tfw", "图.tif"]
    image, _drawn = export.picture(sheet, dpi=120)
    corner = sheet.paper.bounds  # of the map's frame
    with rasterio.open(file) as made:
        assert CRS.from_user_input(made.crs.to_wkt()) == CRS.from_epsg(4548) == sheet.paper.crs
        assert (made.width, made.height) == (image.width(), image.height())
        row, column = made.index(corner[0], corner[3])
        per = 120 / 25.4
        assert (column, row) == (pytest.approx(sheet.paper.x * per, abs=1), pytest.approx(sheet.paper.y * per, abs=1))
        assert (made.read() == np.moveaxis(pixels_of(image)[:, :image.width(), 2::-1], 2, 0)).all()
        assert float(made.tags()["TIFFTAG_XRESOLUTION"]) == 120
        world = [float(line) for line in (tmp_path / "图.tfw").read_text().splitlines()]
        size = made.transform.a
        assert world == pytest.approx([size, 0, 0, -size, made.transform.c + size / 2, made.transform.f - size / 2])
    assert export.render([sheet], ".tif", on=ON, dpi=50)[0] == export.render([sheet], ".tif", on=ON, dpi=50)[0]


def test_a_format_that_nobody_knows_is_refused(sheet, tmp_path):
    with pytest.raises(SheetError, match="后缀"):
        export.write(sheet, tmp_path / "a.bmp", on=ON)
    with pytest.raises(SheetError, match="后缀"):
        export.render([sheet, sheet], ".png", on=ON)
    with pytest.raises(SheetError, match="太大"):
        export.picture(replace(sheet, request=replace(sheet.request, template=replace(sheet.template, size="A0"))), dpi=900)


def test_a_book_has_a_page_for_each_sheet(sheet):
    assert len(PdfReader(io.BytesIO(export.pdf([sheet, sheet, sheet], on=ON)[0])).pages) == 3


@pytest.mark.parametrize("scale", [10_000, 37_500, 250_000])
def test_the_bar_in_pixels_is_as_long_as_it_says(sheet, scale):
    again = build.build([layer.source for layer in sheet.layers], replace(sheet.request, scale=scale))
    _image, drawn = export.picture(again, dpi=40)
    measured = export.measured_bar_mm(again, drawn)
    assert measured == pytest.approx(again.bar.length_mm, rel=0.003)
    assert [one for one in checks.after(again, drawn, measured) if one.code == "scale-bar"] == []
    wrong = checks.after(again, drawn, measured * 1.006)
    assert [one.severity for one in wrong if one.code == "scale-bar"] == ["error"]


def test_the_legend_is_what_is_drawn_and_a_lie_is_found(sheet, pdf):
    drawn = pdf[1]
    assert drawn.classes == drawn.legend
    found = checks.after(replace(sheet), drawn, None)
    assert {"legend-lacks", "legend-extra"}.isdisjoint(one.code for one in found)
    drawn.legend.discard(("管控单元", 0))
    drawn.legend.add(("管控单元", 9))
    assert {one.code for one in checks.after(sheet, drawn, None)} >= {"legend-lacks", "legend-extra"}


def test_texts_do_not_stand_on_each_other(sheet, pdf):
    found = checks.after(sheet, pdf[1], None)
    assert [one.words for one in found if one.code in ("collision", "off-paper")] == []
    drawn = pdf[1]
    drawn.written.append(drawn.written[0])
    assert "collision" in {one.code for one in checks.after(sheet, drawn, None)}


@pytest.mark.parametrize("size", ["A4", "A0"])
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_every_paper_holds_its_texts(sheet, size, orientation):
    made = replace(sheet.template, size=size, orientation=orientation)
    again = build.build([layer.source for layer in sheet.layers], replace(sheet.request, template=made))
    _image, drawn = export.picture(again, dpi=30)
    found = [one.words for one in checks.after(again, drawn, None) if one.code in ("off-paper", "collision", "legend-lacks")]
    assert found == []


def test_the_font_keeps_every_other_character():
    """Only what spoils searching is left out."""
    from fontTools.ttLib import TTFont

    before = TTFont(io.BytesIO(chinese_font().read_bytes()), lazy=True).getBestCmap()
    after = TTFont(io.BytesIO(searchable(chinese_font().read_bytes())), lazy=True).getBestCmap()
    lost = set(before) - set(after)
    assert all(0x2E80 <= one <= 0x2FDF or 0xF900 <= one <= 0xFAFF or 0x2F800 <= one <= 0x2FA1F for one in lost)
    assert lost
    assert {key: before[key] for key in after} == after


def test_screen_and_paper_show_a_class_alike(path, sheet, qapp):
    """The map window's painter and the sheet's, at the same scale: fills and hatches of the same colour."""
    import threading

    from PyQt5.QtGui import QColor, QFont

    from gui.canvas.paint import Extras, Job, LayerShot, Picture, Workshop
    from gui.canvas.scene import View
    from layers.workspace import Workspace

    with Workspace.open(path, readonly=True) as workspace:
        frame = workspace.read("管控单元")
    resolution = sheet.paper.metres_per_mm * 25.4 / 96
    left, bottom, right, top = sheet.paper.bounds
    view = View((left + right) / 2, (bottom + top) / 2, resolution, int((right - left) / resolution), int((top - bottom) / resolution))
    shot = LayerShot("管控单元", "管控单元", "control_unit", frame, 1, 1.0, None, None, False)
    job = Job(1, view, 1.0, "EPSG:4548", (shot,), Extras(), QFont(), QColor("#ffffff"))
    screen = pixels_of(Picture(job, Workshop(), threading.Event()).paint())[:, :, :3].astype(int)
    bare = replace(sheet, layers=tuple(layer for layer in sheet.layers if layer.source.id == "管控单元"), graticule=(), kilometres=())
    bare = replace(bare, request=replace(bare.request, template=bare.template.with_elements({"labels": False})))
    image, _drawn = export.picture(bare, dpi=96)
    paper = pixels_of(image)[:, :, :3].astype(int)
    for column, row in ((0.5, 0.5), (1.5, 0.5), (0.5, 1.5)):
        east, north = 500_000 + column * 1000, 3_290_000 + row * 1000
        half = int(300 / resolution)
        sx, sy = int((east - left) / resolution), int((top - north) / resolution)
        mm = sheet.paper.to_mm(np.array([[east, north]]))[0]
        px, py = (int(value / 25.4 * 96) for value in mm)
        on_screen = screen[sy - half:sy + half, sx - half:sx + half].reshape(-1, 3).mean(axis=0)
        on_paper = paper[py - half:py + half, px - half:px + half].reshape(-1, 3).mean(axis=0)
        assert np.abs(on_screen - on_paper).max() < 8, (column, row)


def test_a_drawing_can_be_stopped(sheet):
    class Stop(Exception):
        pass

    def tick():
        raise Stop

    with pytest.raises(Stop):
        export.pdf([sheet], on=ON, tick=tick)


def test_nothing_of_the_map_leaves_its_frame(sheet):
    """Cut in the shapes and not by a clip: paper beyond the frame stays as it is without any layer."""
    from gui.sheet.pen import Drawn

    near = build.build([layer.source for layer in sheet.layers], replace(sheet.request, scale=3_000))
    off = near.template.with_elements({"labels": False, "legend": False, "units": False, "inset": False, "sources": False, "neat_line": True})
    near = replace(near, request=replace(near.request, template=off), graticule=(), kilometres=())
    full, drawn = export.picture(near, dpi=60)
    empty, _drawn = export.picture(replace(near, layers=()), dpi=60)
    assert isinstance(drawn, Drawn)
    a, b = pixels_of(full)[:, :, :3].astype(int), pixels_of(empty)[:, :, :3].astype(int)
    rows, columns = np.nonzero(np.abs(a - b).max(axis=2) > 24)
    left, top, right, bottom = (value / 25.4 * 60 for value in near.paper.frame)
    room = 1.2 / 25.4 * 60 + 1  # half of the widest line
    assert columns.min() >= left - room
    assert columns.max() <= right + room
    assert rows.min() >= top - room
    assert rows.max() <= bottom + room

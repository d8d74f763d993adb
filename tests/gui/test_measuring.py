"""Measuring: units that are remembered, segments listed and copied, and a total that stays in view."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtWidgets import QApplication

from gui.canvas.canvas import MapCanvas
from gui.measures import AREAS, LENGTHS, area_words, length_words, total_words
from gui.panels.measure import Measuring
from gui.settings import Settings
from sanxian import i18n

FACTS = {"area_m2": 1_234_567.8, "length_m": 12_345.678, "segments_m": [1000.0, 2345.678, 9000.0], "valid": True, "vertices": 3, "finished": True}


@given(st.floats(0.01, 1e8), st.sampled_from(["m", "km"]))
def test_every_unit_says_the_same_length(metres, unit):
    number = float(length_words(metres, unit, full=True).split()[0].replace(",", ""))
    assert number * (1000 if unit == "km" else 1) == pytest.approx(metres, abs=0.0101)


@pytest.mark.parametrize(("unit", "words"), [
    ("m2", ["15,000.0 m²"]), ("ha", ["1.5000 公顷"]), ("mu", ["22.50 亩"]), ("km2", ["0.015000 km²"]),
    ("all", ["15,000.0 m²", "1.5000 公顷 · 22.50 亩"])])
def test_areas_in_every_unit(unit, words):
    assert area_words(15_000, unit) == words
    assert total_words(15_000, 500, ("km", unit)) == [*words, "周长 0.500 km"]
    assert total_words(0, 500, ("m", unit)) == ["500.00 m"]
    assert total_words(0, 0, ("m", unit)) == []


@pytest.fixture
def part(opened):
    (found,) = [one for one in opened.parts if isinstance(one, Measuring)]
    opened.canvas.tool = "measure_area"
    opened.show_dock("measure")
    return found


def choose(qtbot, box, data):
    """By keys, as a person does."""
    box.setFocus()
    while box.currentData() != data:
        before = box.currentIndex()
        qtbot.keyClick(box, Qt.Key_Down if box.findData(data) > before else Qt.Key_Up)
        assert box.currentIndex() != before
    box.activated.emit(box.currentIndex())


def test_segments_are_listed_in_the_chosen_unit_which_is_remembered(opened, qtbot, part):
    panel = part.panel
    assert not panel.copy.isEnabled()
    opened.canvas.sketchChanged.emit(FACTS)
    rows = [[panel.segments.index(row, column).data() for column in range(3)] for row in range(3)]
    assert rows == [["1", "1,000.00 m", "1,000.00 m"], ["2", "2,345.68 m", "3,345.68 m"], ["3", "9,000.00 m", "12,345.68 m"]]
    assert "公顷" in panel.total.text()
    choose(qtbot, panel.length, "km")
    choose(qtbot, panel.area, "mu")
    assert panel.segments.index(1, 1).data() == "2.34568 km"
    assert panel.total.text() == "1,851.85 亩\n周长 12.346 km"
    assert opened.canvas.last("set_measure_units") == (("km", "mu"),)
    kept = Settings(opened.settings.store)
    assert kept.measure_units == ("km", "mu")
    assert Measuring(opened).panel.units() == ("km", "mu"), "as a window begins"
    kept.store.setValue("measure_units", "ell.acre")
    assert kept.measure_units == ("auto", "all")


def test_they_are_copied_by_button_by_key_and_by_action(opened, qtbot, part):
    panel = part.panel
    opened.actions_by_id["measure_copy"].trigger()
    opened.canvas.sketchChanged.emit({**FACTS, "area_m2": 0})
    wanted = "段\t长度\t累计\n1\t1,000.00 m\t1,000.00 m\n2\t2,345.68 m\t3,345.68 m\n3\t9,000.00 m\t12,345.68 m\n合计\t12,345.7 m"
    for how in ("button", "key", "action"):
        QApplication.clipboard().setText("")
        if how == "button":
            qtbot.mouseClick(panel.copy, Qt.LeftButton)
        elif how == "key":
            opened.activateWindow()
            panel.view.setFocus()
            qtbot.waitUntil(panel.view.hasFocus, timeout=20_000)
            qtbot.keyClick(panel.view, Qt.Key_C, Qt.ControlModifier)
        else:
            opened.actions_by_id["measure_copy"].trigger()
        assert QApplication.clipboard().text() == wanted, how
    qtbot.mouseClick(panel.drop, Qt.LeftButton)
    assert opened.canvas.last("cancel_sketch") == ()


def test_sketches_of_projects_are_not_listed_and_words_follow_the_language(opened, part):
    opened.canvas.tool = "draw_polygon"
    opened.canvas.sketchChanged.emit(FACTS)
    assert part.panel.segments.rowCount() == 0
    i18n.set_language("en")
    try:
        part.panel.retranslate()
        texts = [part.panel.total.text(), *(part.panel.length.itemText(row) for row in range(len(LENGTHS))),
                 *(part.panel.area.itemText(row) for row in range(len(AREAS))), part.panel.segments.headerData(1, Qt.Horizontal)]
        assert not any("\u4e00" <= letter <= "\u9fff" for text in texts for letter in text)
    finally:
        i18n.set_language("zh")
        part.panel.retranslate()


@pytest.fixture
def canvas(qtbot):
    made = MapCanvas()
    made.resize(400, 300)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.set_crs(4548)
    made.zoom_to((500_000, 3_200_000, 501_000, 3_200_750), margin=0.0)
    yield made
    made.shutdown()


def seen(canvas):
    canvas.repaint()
    inside = QRectF(0, 0, canvas.width(), canvas.height())
    return [box for box in canvas._tool.labels if inside.contains(box)]


@pytest.mark.parametrize("tool", ["measure_length", "measure_area"])
@pytest.mark.parametrize("ended", [False, True])
def test_the_total_stays_in_view_after_a_jump(canvas, qtbot, tool, ended):
    canvas.set_tool(tool)
    for x, y in ((100, 100), (900, 100), (900, 600), (120, 580)):
        place = canvas.to_pixels([(500_000 + x, 3_200_000 + y)])[0]
        qtbot.mouseClick(canvas, Qt.LeftButton, pos=QPointF(*place).toPoint())
    if ended:
        qtbot.keyClick(canvas, Qt.Key_Return)
    for box in ((500_000, 3_200_000, 500_250, 3_200_190), (500_300, 3_200_050, 500_400, 3_200_125)):  # a vertex; a side alone
        canvas.zoom_to(box, margin=0.0)
        assert seen(canvas), box
    told = []
    canvas.sketchChanged.connect(told.append)
    canvas.set_measure_units(("km", "mu"))
    assert told[-1]["units"] == ("km", "mu")

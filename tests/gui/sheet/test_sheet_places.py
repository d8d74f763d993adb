"""Blocks of a sheet moved in the layout window: dragged with guides, by keys and by typing; undo, put back, kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QEvent, QPoint, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication, QPushButton

from gui.sheet.view import SNAP_PX, Ruler, lines_of, snapped
from sanxian.mapping.sheets import template
from sanxian.mapping.sheets.page import EDGE_MM, Rect


@pytest.fixture
def dialog(dialog, qtbot):
    settled(dialog, qtbot)
    return dialog


def settled(dialog, qtbot):
    """Until nothing more is drawn: what a window is resized to is known some events after it is shown."""
    def still():
        return not dialog._wait.isActive() and dialog._task is None

    def stands():
        return dialog.preview.size(), dialog.preview.pixmap().cacheKey()

    seen = None
    while seen != (seen := stands()):
        qtbot.wait(100)
        qtbot.waitUntil(still, timeout=20_000)


def middle(view, name):
    return view.to_px(view.box(name)).center().toPoint()


def slide(view, at, held=Qt.LeftButton, keys=Qt.NoModifier):
    QApplication.sendEvent(view, QMouseEvent(QEvent.MouseMove, at, Qt.NoButton, held, keys))


def drag(qtbot, view, name, x, y, keys=Qt.NoModifier):
    """Drag a block by its middle until its corner is at (x, y) mm, not yet let go."""
    start, box = middle(view, name), view.box(name)
    end = start + QPoint(round((x - box.x) * view.per_mm()), round((y - box.y) * view.per_mm()))
    qtbot.mousePress(view, Qt.LeftButton, Qt.NoModifier, start)
    slide(view, start + (end - start) / 2, keys=keys)
    slide(view, end, keys=keys)
    return end


def test_a_block_is_dragged_and_stands_there_on_the_sheet(dialog, qtbot):
    view = dialog.preview
    before, image = view.box("legend"), view.pixmap().toImage()
    end = drag(qtbot, view, "legend", 60, 90, Qt.ControlModifier)
    assert view.guides == ([], [])
    qtbot.mouseRelease(view, Qt.LeftButton, Qt.NoModifier, end)
    place = dialog.state.template.places["legend"]
    assert place == pytest.approx((60, 90), abs=1.1 / view.per_mm())
    settled(dialog, qtbot)
    assert view.box("legend")[:2] == pytest.approx(place, abs=0.06)
    assert view.box("legend")[2:] == before[2:]
    assert view.pixmap().toImage() != image
    assert dialog.request().template.places["legend"] == place
    assert dialog.block.currentData() == view.pick == "legend"
    assert (dialog.at[0].value(), dialog.at[1].value()) == pytest.approx(place, abs=0.06)
    qtbot.keyClick(dialog, Qt.Key_Z, Qt.ControlModifier)
    settled(dialog, qtbot)
    assert dialog.state.template.places == {}
    assert view.box("legend") == before
    qtbot.waitUntil(lambda: view.pixmap().toImage() == image, timeout=30_000)
    qtbot.keyClick(dialog, Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier)
    assert dialog.state.template.places["legend"] == place


def test_a_click_alone_moves_nothing(dialog, qtbot):
    view = dialog.preview
    qtbot.mouseClick(view, Qt.LeftButton, Qt.NoModifier, middle(view, "title"))
    assert view.pick == "title"
    assert dialog.state.template.places == {}
    assert not dialog.undo.isEnabled()
    qtbot.mouseClick(view, Qt.LeftButton, Qt.NoModifier, view.paper_px().topLeft().toPoint() + QPoint(2, 2))
    assert view.pick == ""


def test_near_a_line_a_block_stands_on_it_and_the_line_is_shown(dialog, qtbot):
    view = dialog.preview
    wide = view.layout_mm.paper.width
    box = view.box("north_arrow")
    near = wide / 2 - box.width / 2 + 0.6 * SNAP_PX / view.per_mm()
    end = drag(qtbot, view, "north_arrow", near, 120)
    assert wide / 2 in view.guides[0]
    shown = view.box("north_arrow")
    assert shown.x + shown.width / 2 == pytest.approx(wide / 2)
    picture = view.grab().toImage()
    x = round(view.to_px(Rect(wide / 2, 0, 0, 0)).x())
    column = [picture.pixelColor(x, y) for y in range(int(view.paper_px().top()) + 5, int(view.paper_px().bottom()) - 5)]
    assert sum(colour.red() > 150 and colour.green() < 90 for colour in column) > len(column) / 4  # the dashes of the guide
    qtbot.mouseRelease(view, Qt.LeftButton, Qt.NoModifier, end)
    assert view.guides == ([], [])
    assert dialog.state.template.places["north_arrow"][0] == pytest.approx(wide / 2 - box.width / 2, abs=0.06)


def test_escape_while_dragging_leaves_everything_as_it_was(dialog, qtbot):
    view = dialog.preview
    before = view.box("title")
    end = drag(qtbot, view, "title", 60, 90)
    assert view.box("title") != before
    qtbot.keyClick(view, Qt.Key_Escape)
    qtbot.mouseRelease(view, Qt.LeftButton, Qt.NoModifier, end)
    assert view.box("title") == before
    assert dialog.state.template.places == {}
    assert dialog.isVisible()


@pytest.mark.parametrize("corner", [(-300, -300), (900, 900)])
def test_nothing_is_dragged_off_the_page(dialog, qtbot, corner):
    view = dialog.preview
    end = drag(qtbot, view, "legend", *corner)
    paper = view.layout_mm.paper.inset(EDGE_MM)
    assert paper.holds(view.box("legend"), 1e-6)
    qtbot.mouseRelease(view, Qt.LeftButton, Qt.NoModifier, end)
    settled(dialog, qtbot)
    assert paper.holds(view.box("legend"), 1e-6)


def test_by_keys_alone(dialog, qtbot):
    view = dialog.preview
    view.setFocus()
    names = view.blocks()
    qtbot.keyClick(view, Qt.Key_PageDown)
    assert view.pick == names[0] == "title"
    qtbot.keyClick(view, Qt.Key_PageUp)
    assert view.pick == names[-1]
    view.set_pick("scale_bar")
    before = view.box("scale_bar")
    for key, keys in ((Qt.Key_Left, Qt.NoModifier), (Qt.Key_Left, Qt.ShiftModifier), (Qt.Key_Up, Qt.ControlModifier), (Qt.Key_Down, Qt.NoModifier)):
        qtbot.keyClick(view, key, keys)
    assert view.box("scale_bar")[:2] == pytest.approx((before.x - 11, before.y + 0.9), abs=0.06)
    settled(dialog, qtbot)
    assert view.box("scale_bar")[:2] == pytest.approx((before.x - 11, before.y + 0.9), abs=0.06)
    qtbot.keyClick(dialog, Qt.Key_Z, Qt.ControlModifier)  # keys of one block after each other are one step
    assert dialog.state.template.places == {}
    assert not dialog.undo.isEnabled()
    qtbot.keyClick(dialog, Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier)
    settled(dialog, qtbot)
    assert set(dialog.state.template.places) == {"scale_bar"}
    qtbot.keyClick(view, Qt.Key_Delete)
    settled(dialog, qtbot)
    assert dialog.state.template.places == {}
    assert view.box("scale_bar") == before
    assert view.pick == "scale_bar"
    qtbot.keyClick(view, Qt.Key_Escape)
    assert view.pick == ""
    assert dialog.isVisible()
    qtbot.keyClick(view, Qt.Key_Escape)
    assert not dialog.isVisible()


def test_keys_stop_at_the_edge(dialog, qtbot):
    view = dialog.preview
    view.setFocus()
    view.set_pick("credits")
    for _i in range(60):
        qtbot.keyClick(view, Qt.Key_Right, Qt.ShiftModifier)
    assert view.box("credits").right == pytest.approx(view.layout_mm.paper.width - EDGE_MM)


def test_a_place_is_typed_and_put_back(dialog, qtbot):
    dialog.tabs.setCurrentIndex(2)
    dialog.block.setCurrentIndex(dialog.block.findData("legend"))
    dialog.block.activated.emit(dialog.block.currentIndex())
    before = dialog.preview.box("legend")
    assert dialog.preview.pick == "legend"
    assert not dialog.back.isEnabled()
    x = dialog.at[0]
    x.setFocus()
    x.selectAll()
    qtbot.keyClicks(x, "80")
    qtbot.keyClick(x, Qt.Key_Tab)
    assert dialog.state.template.places["legend"] == (80, pytest.approx(before.y, abs=0.06))
    dialog.at[1].setValue(1000)  # off the page: as far as it goes
    settled(dialog, qtbot)
    assert dialog.preview.box("legend").bottom == pytest.approx(dialog.preview.layout_mm.paper.height - EDGE_MM, abs=0.06)
    assert dialog.at[1].value() == pytest.approx(dialog.preview.box("legend").y, abs=0.06)
    qtbot.mouseClick(dialog.findChild(QPushButton, "sheet_put_back"), Qt.LeftButton)
    settled(dialog, qtbot)
    assert dialog.preview.box("legend") == before
    dialog.at[0].setValue(90)
    qtbot.mouseClick(dialog.findChild(QPushButton, "sheet_put_all_back"), Qt.LeftButton)
    assert dialog.state.template.places == {}
    assert not dialog.all_back.isEnabled()


def test_places_are_kept_with_the_template_and_put_back_to_it(dialog, qtbot):
    dialog.preview.moved.emit("legend", 60.0, 90.0, False)
    dialog.keep("挪过的")
    settled(dialog, qtbot)
    assert template.of_workspace(dialog._window.session.workspace)["挪过的"].places == {"legend": (60.0, 90.0)}
    dialog.choose_template("zoning")
    assert dialog.state.template.places == {}
    dialog.choose_template("挪过的")
    assert dialog.state.template.places == {"legend": (60.0, 90.0)}
    dialog.preview.moved.emit("legend", 70.0, 90.0, False)
    dialog.put_back("legend")
    assert dialog.state.template.places == {"legend": (60.0, 90.0)}  # the template's place
    dialog.put_back("legend")
    assert dialog.state.template.places == {}  # that of the layout


def test_what_covers_something_is_found_mended_and_not_written(dialog, qtbot, tmp_path):
    there = dialog.preview.box("scale_bar")
    dialog.preview.moved.emit("legend", there.x, there.y - 10, False)
    settled(dialog, qtbot)
    row = next(i for i, one in enumerate(dialog.findings) if one.code == "block-covers")
    dialog.export_to(tmp_path / "a.pdf")
    qtbot.waitUntil(lambda: dialog.findChild(object, "error_box") is not None, timeout=20_000)
    dialog.findChild(object, "error_box").close()
    assert not (tmp_path / "a.pdf").exists()
    dialog.draw()
    settled(dialog, qtbot)
    dialog.list.setCurrentRow(row)
    qtbot.mouseClick(dialog.mend, Qt.LeftButton)
    assert dialog.state.template.places == {}


def test_rulers_lie_along_the_paper(dialog, qtbot):
    view = dialog.preview
    for ruler in dialog.findChildren(Ruler):
        upright = ruler.objectName() == "sheet_ruler_left"
        corner = view.mapToGlobal(view.paper_px().topLeft().toPoint())
        here = ruler.mapToGlobal(QPoint(0, 0))
        assert ruler.start() == pytest.approx((corner.y() - here.y()) if upright else (corner.x() - here.x()), abs=1)
        assert ruler.step() * view.per_mm() > 20
    top = dialog.findChild(Ruler, "sheet_ruler_top")
    before = top.start()
    dialog.zoom.setCurrentIndex(3)
    settled(dialog, qtbot)
    dialog.area.horizontalScrollBar().setValue(200)
    assert top.start() != before
    assert top.start() == pytest.approx(view.mapTo(dialog.area, view.paper_px().topLeft().toPoint()).x(), abs=2)
    view.set_pick("title")
    assert not top.grab().isNull()


@given(st.floats(0, 300), st.floats(0, 200), st.floats(1, 100), st.floats(1, 100),
       st.lists(st.floats(0, 300), max_size=6), st.lists(st.floats(0, 200), max_size=6), st.floats(0.1, 10))
def test_no_block_is_drawn_further_than_the_reach(x, y, width, height, upright, level, reach):
    left, top, of_x, of_y = snapped(Rect(x, y, width, height), upright, level, reach)
    assert abs(left - x) <= reach
    assert abs(top - y) <= reach
    for line in of_x:
        assert min(abs(edge - line) for edge in (left, left + width / 2, left + width)) < 0.051
    near = [line for line in level if min(abs(edge - line) for edge in (y, y + height / 2, y + height)) < reach * 0.99]
    assert bool(of_y) or not near


def test_a_window_without_a_sheet_has_nothing_to_move(dialog, qtbot):
    dialog.preview.show_nothing()
    dialog._show_places()
    assert dialog.preview.blocks() == []
    assert not dialog.block.isEnabled()
    assert not dialog.at[0].isEnabled()
    qtbot.mouseClick(dialog.preview, Qt.LeftButton)
    qtbot.keyClick(dialog.preview, Qt.Key_PageDown)
    dialog.grab()


def test_lines_are_those_of_margins_middle_map_and_others(dialog):
    layout = dialog.preview.layout_mm
    upright, level = lines_of(layout, [Rect(11, 22, 33, 44)])
    assert {layout.paper.width / 2, layout.title.x, layout.title.right, layout.map.x, layout.panel.x, 11, 44, 11 + 33 / 2} <= set(upright)
    assert {layout.paper.height / 2, layout.title.y, layout.footer.bottom, layout.map.y, 22, 66, 44} <= set(level)

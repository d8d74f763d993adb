"""The map by keys alone: a cross that identifies, selects, draws, measures and edits."""

import pytest
from canvas_help import X, Y, layer, square
from PyQt5.QtCore import QPoint, Qt
from shapely.geometry import box

ARROWS = {"left": Qt.Key_Left, "right": Qt.Key_Right, "up": Qt.Key_Up, "down": Qt.Key_Down}


def keep(signal):
    got = []
    signal.connect(lambda *values: got.append(values[0] if len(values) == 1 else values))
    return got


@pytest.fixture
def keys(canvas, qtbot):
    canvas.activateWindow()
    canvas.setFocus()

    def press(key, times=1, modifier=Qt.NoModifier):
        for _time in range(times):
            qtbot.keyClick(canvas, ARROWS.get(key, key), modifier)

    return press


@pytest.fixture
def go(canvas, keys):
    """Move the cross to so many metres (pixels) east and north of the middle, by arrows."""

    def to(east, north):
        if canvas.cross is None:
            keys("up")
        at = canvas.to_pixels([[X + east, Y + north]])[0]
        dx, dy = round(at[0] - canvas.cross.x()), round(at[1] - canvas.cross.y())
        for step, modifier in ((60, Qt.ShiftModifier), (10, Qt.NoModifier), (1, Qt.ControlModifier)):
            keys("right" if dx > 0 else "left", abs(dx) // step, modifier)
            keys("down" if dy > 0 else "up", abs(dy) // step, modifier)
            dx, dy = (abs(dx) % step) * (1 if dx > 0 else -1), (abs(dy) % step) * (1 if dy > 0 else -1)

    return to


def place(canvas):
    return canvas.at(canvas.cross)


def test_arrows_pan_with_the_pan_tool_and_move_a_cross_with_any_other(canvas, keys):
    keys("right")
    assert canvas.cross is None
    canvas.center_on(X, Y)
    canvas.set_tool("identify")
    keys("right")
    assert canvas.cross == QPoint(200, 150)  # shown in the middle first
    keys("right")
    keys("up", modifier=Qt.ShiftModifier)
    keys("left", modifier=Qt.ControlModifier)
    assert (canvas.cross.x(), canvas.cross.y()) == (209, 90)
    keys(Qt.Key_Escape)
    assert canvas.cross is None


def test_the_cross_is_seen_told_and_goes_when_the_mouse_moves(canvas, keys, mouse):
    canvas.set_tool("identify")
    before = canvas.grab().toImage()
    places = keep(canvas.cursorMoved)
    keys("up", 2)
    assert canvas.grab().toImage() != before
    assert places[-1][2:] == pytest.approx((X, Y + 10))
    assert f"{places[-1][0]:.6f}" in canvas.accessibleDescription()
    assert f"{places[-1][1]:.6f}" in canvas.accessibleDescription()
    mouse.move((20, 20))
    mouse.move((60, 60))
    assert canvas.cross is None
    assert canvas.accessibleDescription() == ""


def test_at_the_border_the_map_moves_and_the_cross_stays_over_its_place(canvas, keys):
    canvas.set_tool("identify")
    keys("right")
    keys("right", 40)
    assert place(canvas) == pytest.approx((X + 400, Y))
    assert 0 < canvas.cross.x() < 400
    keys("down", 60)
    assert place(canvas) == pytest.approx((X + 400, Y - 600))
    assert 0 < canvas.cross.y() < 300


def test_a_map_that_became_smaller_begins_in_the_middle_and_stays_where_it_is(canvas, keys, mouse, qtbot):
    canvas.set_tool("identify")
    mouse.move((390, 290))
    canvas.resize(300, 200)
    qtbot.waitUntil(lambda: canvas.width() == 300)
    extent = canvas.extent()
    keys("up")
    assert (canvas.cross.x(), canvas.cross.y()) == (150, 100)
    assert canvas.extent() == extent


@pytest.mark.parametrize("key", [Qt.Key_Return, Qt.Key_Space, Qt.Key_Enter])
def test_identify(canvas, show, keys, go, key):
    show(layer("a", [square(-100, 0, 20), square(80, 40, 20)]))
    canvas.set_tool("identify")
    got = keep(canvas.identified)
    go(80, 40)
    keys(key)
    assert got == [[("a", 1)]]


def test_space_without_a_cross_still_pans(canvas, keys, mouse):
    canvas.set_tool("identify")
    got = keep(canvas.identified)
    mouse.move((100, 100))
    keys(Qt.Key_Space)
    keys(Qt.Key_Return)
    assert got == []


def test_select_by_a_click_and_by_a_box(canvas, show, keys, go):
    show(layer("a", [square(-100, 0, 20), square(80, 40, 20), square(80, -60, 20)]))
    canvas.set_tool("select")
    go(-100, 0)
    keys(Qt.Key_Return)
    assert canvas.selection() == [("a", 0)]
    go(40, 80)
    keys(Qt.Key_Space)
    go(120, -100)
    keys(Qt.Key_Space)
    assert sorted(canvas.selection()) == [("a", 1), ("a", 2)]


def test_a_box_that_is_held_is_given_up_by_escape(canvas, show, keys, go):
    show(layer("a", [square(80, 40, 20)]))
    canvas.set_tool("select")
    go(40, 80)
    keys(Qt.Key_Space)
    go(120, 0)
    keys(Qt.Key_Escape)
    assert canvas.cross is not None
    keys(Qt.Key_Return)
    assert canvas.selection() == []


def test_a_box_past_the_border_keeps_its_first_corner(canvas, keys, go):
    canvas.set_tool("extent")
    got = keep(canvas.boxDrawn)
    go(0, 0)
    keys(Qt.Key_Return)
    keys("right", 40)
    keys("down", 40)
    keys(Qt.Key_Return)
    assert got[0] == pytest.approx((X, Y - 400, X + 400, Y))


def test_select_by_an_outline_and_draw(canvas, keys, go):
    canvas.set_tool("draw_polygon")
    got = keep(canvas.sketchFinished)
    for spot in ((-50, -50), (50, -50), (50, 50)):
        go(*spot)
        keys(Qt.Key_Space)
    go(-50, 50)
    keys(Qt.Key_Return)
    assert got == []
    keys(Qt.Key_Return)  # at the same place again
    assert len(got) == 1
    assert got[0].equals(box(X - 50, Y - 50, X + 50, Y + 50))


def test_a_vertex_taken_back_can_be_put_down_again(canvas, keys, go):
    canvas.set_tool("draw_line")
    got = keep(canvas.sketchFinished)
    go(-50, 0)
    keys(Qt.Key_Return)
    go(50, 0)
    keys(Qt.Key_Return)
    keys(Qt.Key_Backspace)
    keys(Qt.Key_Return)
    assert got == []
    keys(Qt.Key_Return)
    assert got[0].length == pytest.approx(100)


def test_a_point_and_a_length(canvas, keys, go):
    canvas.set_tool("draw_point")
    got = keep(canvas.sketchFinished)
    go(30, 20)
    keys(Qt.Key_Return)
    assert (got[0].x, got[0].y) == pytest.approx((X + 30, Y + 20))
    canvas.set_tool("measure_length")
    told = keep(canvas.sketchChanged)
    go(-60, 0)
    keys(Qt.Key_Return)
    go(60, 0)
    assert told[-1]["length_m"] == pytest.approx(120, rel=1e-3)  # along with the cross, before it is put down
    keys(Qt.Key_Return)
    keys(Qt.Key_Return)
    assert told[-1]["finished"]


def test_edit_picks_a_vertex_moves_and_drops_it(canvas, keys, go):
    canvas.set_sites([("p", box(X - 50, Y - 50, X + 50, Y + 50), None)])
    canvas.set_current_site("p")
    canvas.set_tool("edit")
    canvas.zoom_to((X - 200, Y - 150, X + 200, Y + 150), margin=0.0)
    moved = keep(canvas.siteMoved)
    keys(Qt.Key_N)
    first = place(canvas)
    assert "1 / 4" in canvas.accessibleDescription()
    keys(Qt.Key_N)
    assert place(canvas) != pytest.approx(first)
    keys(Qt.Key_N, modifier=Qt.ShiftModifier)
    assert place(canvas) == pytest.approx(first)
    keys(Qt.Key_Return)
    keys("right", 3)
    keys("right", 2, Qt.ControlModifier)
    assert moved == []
    keys(Qt.Key_Return)
    assert len(moved) == 1
    assert moved[0].area == pytest.approx(10_000 + 32 * 100 / 2)


def test_edit_gives_up_and_moves_the_whole(canvas, keys, go):
    canvas.set_sites([("p", box(X - 50, Y - 50, X + 50, Y + 50), None)])
    canvas.set_current_site("p")
    canvas.set_tool("edit")
    canvas.zoom_to((X - 200, Y - 150, X + 200, Y + 150), margin=0.0)
    moved, said = keep(canvas.siteMoved), keep(canvas.notice)
    go(0, 10)
    keys(Qt.Key_Space)
    keys("up", 3)
    keys(Qt.Key_Escape)
    assert moved == []
    go(0, 10)
    keys(Qt.Key_Space)
    keys("up", 3)
    keys(Qt.Key_Space)
    assert moved[0].bounds == pytest.approx((X - 50, Y - 20, X + 50, Y + 80))
    go(120, 120)
    keys(Qt.Key_Return)
    assert len(moved) == 1
    assert said

"""What mouse, wheel and keys do."""

import numpy as np
import pytest
from canvas_help import X, Y, layer, plain, ring, square
from pyproj import CRS
from PyQt5.QtCore import QEvent, QPoint, QRectF, Qt
from PyQt5.QtGui import QFont, QImage, QPainter
from PyQt5.QtWidgets import QApplication
from shapely import transform
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from gui.canvas.geodesy import transform_geometry
from gui.canvas.overlay import INK, draw_labels
from spatial.measure import area_m2, length_m


def middle(canvas):
    left, bottom, right, top = canvas.extent()
    return (left + right) / 2, (bottom + top) / 2


def keep(signal):
    got = []
    signal.connect(lambda *values: got.append(values[0] if len(values) == 1 else values))
    return got


# -- view ------------------------------------------------------------------------------------------------------------


def test_the_wheel_zooms_at_the_cursor(canvas, mouse):
    before = canvas.at(QPoint(300, 50))
    scale = canvas.scale()
    mouse.wheel((300, 50), 1)
    assert canvas.scale() == pytest.approx(scale / 1.5)
    assert canvas.at(QPoint(300, 50)) == pytest.approx(before)
    mouse.wheel((300, 50), -1)
    assert canvas.scale() == pytest.approx(scale)


def test_dragging_with_the_pan_tool_moves_the_map_with_the_hand(canvas, mouse):
    mouse.drag((200, 150), (210, 150), (260, 130))
    assert middle(canvas) == pytest.approx((X - 60, Y - 20))


def test_the_middle_button_pans_with_any_tool(canvas, mouse):
    canvas.set_tool("draw_polygon")
    mouse.drag((200, 150), (150, 150), button=Qt.MiddleButton)
    assert middle(canvas) == pytest.approx((X + 50, Y))


def test_space_pans_while_it_is_held(canvas, mouse, qtbot):
    canvas.set_tool("identify")
    got = keep(canvas.identified)
    mouse.move((200, 150))
    qtbot.keyPress(canvas, Qt.Key_Space)
    mouse.move((230, 150))
    assert middle(canvas) == pytest.approx((X - 30, Y))
    qtbot.keyRelease(canvas, Qt.Key_Space)
    mouse.move((300, 150))
    assert middle(canvas) == pytest.approx((X - 30, Y))
    assert got == []


def test_shift_drag_zooms_to_the_box(canvas, mouse):
    mouse.drag((100, 75), (200, 100), (300, 225), keys=Qt.ShiftModifier)
    assert canvas.extent() == pytest.approx((X - 100, Y - 75, X + 100, Y + 75))


def test_the_zoom_box_tool_zooms_to_the_box_and_escape_drops_it(canvas, mouse, qtbot):
    canvas.set_tool("zoom_box")
    mouse.press((100, 75))
    mouse.move((300, 225), Qt.LeftButton)
    qtbot.keyClick(canvas, Qt.Key_Escape)
    mouse.release((300, 225))
    assert canvas.extent() == pytest.approx((X - 200, Y - 150, X + 200, Y + 150))
    mouse.drag((100, 75), (300, 225))
    assert canvas.extent() == pytest.approx((X - 100, Y - 75, X + 100, Y + 75))


@pytest.mark.parametrize(
    ("key", "east", "north"),
    [(Qt.Key_Left, -100, 0), (Qt.Key_Right, 100, 0), (Qt.Key_Up, 0, 75), (Qt.Key_Down, 0, -75)],
)
def test_arrows_look_further_that_way(canvas, qtbot, key, east, north):
    qtbot.keyClick(canvas, key)
    assert middle(canvas) == pytest.approx((X + east, Y + north))


def test_plus_and_minus_zoom(canvas, qtbot):
    scale = canvas.scale()
    qtbot.keyClick(canvas, Qt.Key_Plus)
    assert canvas.scale() == pytest.approx(scale / 2)
    qtbot.keyClick(canvas, Qt.Key_Minus)
    assert canvas.scale() == pytest.approx(scale)


def test_back_and_forward_walk_through_the_views_that_were_drawn(canvas):
    first = canvas.extent()
    canvas.zoom_in()
    canvas.wait_idle()
    second = canvas.extent()
    canvas.back()
    canvas.wait_idle()
    assert canvas.extent() == pytest.approx(first)
    assert canvas.can_go_forward()
    canvas.forward()
    canvas.wait_idle()
    assert canvas.extent() == pytest.approx(second)
    assert not canvas.can_go_forward()


def test_a_scale_is_taken_exactly_and_told(canvas):
    got = keep(canvas.viewChanged)
    canvas.set_scale(25_000)
    assert canvas.scale() == pytest.approx(25_000)
    assert got[-1][0] == pytest.approx(25_000)
    left, _bottom, right, _top = got[-1][1]
    assert (right - left) / 400 / 0.0254 * canvas.logicalDpiX() == pytest.approx(25_000)


def test_nothing_zooms_into_nonsense(canvas, mouse):
    for _step in range(200):
        mouse.wheel((200, 150), 5)
    assert canvas.scale() > 0.1
    for _step in range(200):
        mouse.wheel((200, 150), -5)
    assert np.isfinite(canvas.extent()).all()
    assert canvas.wait_idle()


def test_zoom_full_shows_layers_and_sites_in_a_window_of_any_size(canvas, show):
    show(layer("a", [square(0, 0, 50)]))
    canvas.set_sites([("s", square(5000, 0, 10), "permitted")])
    canvas.zoom_full()
    canvas.wait_idle()
    left, _bottom, right, _top = canvas.extent()
    assert left < X - 50
    assert right > X + 5010
    canvas.resize(300, 300)
    canvas.wait_idle()
    left, _bottom, right, _top = canvas.extent()
    assert left < X - 50
    assert right > X + 5010


def test_the_cursor_is_told_in_both_systems(canvas, mouse):
    got = keep(canvas.cursorMoved)
    mouse.move((250, 150))
    lon, lat, x, y = got[-1]
    assert (x, y) == pytest.approx((X + 50, Y))
    assert lon == pytest.approx(117.0005, abs=1e-4)
    assert 28 < lat < 30


# -- identify and select -----------------------------------------------------------------------------------------------


def test_identify_tells_layer_and_row_top_first(canvas, mouse, show):
    show(layer("top", [square(-100, 0, 20), square(0, 0, 20)]), layer("bottom", [ring(0, 0, 60, 40), square(0, 0, 50)]))
    canvas.set_tool("identify")
    got = keep(canvas.identified)
    mouse.click((200, 150))
    mouse.click((200, 105))
    mouse.click((20, 20))
    assert got == [[("top", 1), ("bottom", 1)], [("bottom", 0), ("bottom", 1)], []]


def test_identify_finds_features_of_another_crs_and_not_hidden_ones(canvas, mouse, show):
    import geopandas as gpd

    here = gpd.GeoSeries([square(0, 0, 40)], crs=4548)
    hidden = layer("hidden", [square(0, 0, 40)], visible=False)
    show(hidden, layer("a", here.to_crs(4490), crs=4490))
    canvas.set_tool("identify")
    got = keep(canvas.identified)
    mouse.click((235, 150))
    mouse.click((245, 150))
    assert got == [[("a", 0)], []]


def test_a_thin_line_and_a_point_can_be_hit_a_little_beside(canvas, mouse, show):
    show(layer("a", [LineString([(X - 50, Y), (X + 50, Y)]), Point(X + 100, Y)]))
    canvas.set_tool("identify")
    got = keep(canvas.identified)
    mouse.click((200, 152))
    mouse.click((302, 149))
    assert got == [[("a", 0)], [("a", 1)]]


def test_select_replaces_adds_and_takes_away(canvas, mouse, show):
    show(layer("a", [square(-100, 0, 20), square(0, 0, 20), square(100, 0, 20)]))
    canvas.set_tool("select")
    mouse.drag((170, 120), (230, 180))
    assert canvas.selection() == [("a", 1)]
    mouse.click((300, 150), keys=Qt.ShiftModifier)
    assert canvas.selection() == [("a", 1), ("a", 2)]
    mouse.click((200, 150), keys=Qt.ControlModifier)
    assert canvas.selection() == [("a", 2)]
    canvas.wait_idle()
    assert canvas.grab().toImage().pixelColor(300, 150).green() > 60
    mouse.click((20, 20))
    assert canvas.selection() == []


def test_a_selection_does_not_outlive_its_layer(canvas, show):
    show(layer("a", [square(0, 0, 20)]))
    canvas.set_selection([("a", 0)])
    canvas.set_layers([])
    assert canvas.selection() == []


# -- drawing -----------------------------------------------------------------------------------------------------------


def test_a_polygon_is_drawn_by_clicks_and_ended_by_a_double_click(canvas, mouse):
    canvas.set_tool("draw_polygon")
    got, told = keep(canvas.sketchFinished), keep(canvas.sketchChanged)
    mouse.click((100, 50))
    mouse.click((300, 50))
    mouse.double_click((300, 250))
    assert len(got) == 1
    assert max(one["area_m2"] for one in told) > 0
    assert (told[-1]["area_m2"], told[-1]["length_m"]) == (0, 0), "of a sketch that is refused the measures would stay beside another site"
    assert got[0].equals(Polygon([(X - 100, Y + 100), (X + 100, Y + 100), (X + 100, Y - 100)]))


@pytest.mark.parametrize("end", ["enter", "right"])
def test_enter_and_the_right_button_end_a_sketch(canvas, mouse, qtbot, end):
    canvas.set_tool("draw_line")
    got = keep(canvas.sketchFinished)
    mouse.click((100, 150))
    mouse.click((300, 150))
    if end == "enter":
        qtbot.keyClick(canvas, Qt.Key_Return)
    else:
        mouse.click((20, 20), button=Qt.RightButton)
    assert [line.wkt for line in got] == [LineString([(X - 100, Y), (X + 100, Y)]).wkt]


def test_backspace_takes_the_last_vertex_back_and_escape_all(canvas, mouse, qtbot):
    canvas.set_tool("draw_line")
    got = keep(canvas.sketchFinished)
    for at in ((100, 150), (200, 20), (300, 150)):
        mouse.click(at)
    qtbot.keyClick(canvas, Qt.Key_Backspace)
    qtbot.keyClick(canvas, Qt.Key_Backspace)
    mouse.click((300, 150))
    qtbot.keyClick(canvas, Qt.Key_Enter)
    assert list(got[0].coords) == [(X - 100, Y), (X + 100, Y)]
    mouse.click((100, 150))
    mouse.click((300, 150))
    qtbot.keyClick(canvas, Qt.Key_Escape)
    qtbot.keyClick(canvas, Qt.Key_Return)
    assert len(got) == 1


def test_escape_is_told_where_nothing_was_to_be_given_up(canvas, mouse, qtbot):
    canvas.set_tool("draw_line")
    qtbot.waitUntil(lambda: not canvas.busy)
    told = keep(canvas.escaped)
    mouse.click((100, 150))
    qtbot.keyClick(canvas, Qt.Key_Escape)
    assert told == []
    qtbot.keyClick(canvas, Qt.Key_Escape)
    assert len(told) == 1


def test_a_sketch_with_too_few_vertices_or_a_crossing_is_not_ended_and_says_why(canvas, mouse, qtbot):
    canvas.set_tool("draw_polygon")
    got, told, facts = keep(canvas.sketchFinished), keep(canvas.notice), keep(canvas.sketchChanged)
    mouse.click((100, 100))
    mouse.click((200, 200))
    qtbot.keyClick(canvas, Qt.Key_Return)
    assert "3" in told[-1]
    mouse.click((200, 100))
    mouse.click((100, 200))
    qtbot.keyClick(canvas, Qt.Key_Return)
    assert "自相交" in told[-1]
    assert facts[-1]["valid"] is False
    assert got == []
    qtbot.keyClick(canvas, Qt.Key_Backspace)
    qtbot.keyClick(canvas, Qt.Key_Return)
    assert got[0].is_valid


def test_a_point_is_one_click(canvas, mouse):
    canvas.set_tool("draw_point")
    got = keep(canvas.sketchFinished)
    mouse.click((250, 100))
    assert got == [Point(X + 50, Y + 50)]


def test_panning_in_the_middle_of_a_sketch_keeps_it(canvas, mouse):
    canvas.set_tool("draw_line")
    got = keep(canvas.sketchFinished)
    mouse.click((100, 150))
    mouse.drag((200, 20), (150, 20), button=Qt.MiddleButton)
    mouse.double_click((200, 150))
    assert list(got[0].coords) == [(X - 100, Y), (X + 50, Y)]


def test_typed_coordinates_join_the_sketch(canvas):
    canvas.set_tool("draw_polygon")
    got = keep(canvas.sketchFinished)
    for x, y in ((0, 0), (10, 0), (10, 10.125)):
        canvas.add_vertex(X + x, Y + y)
    canvas.finish_sketch()
    assert got[0].area == pytest.approx(50.625)


def test_clicks_snap_to_a_vertex_in_reach_unless_switched_off(canvas, mouse, show):
    show(layer("a", [square(0, 0, 50)]))
    canvas.set_tool("draw_line")
    got = keep(canvas.sketchFinished)
    mouse.click((254, 96))
    mouse.double_click((100, 20))
    canvas.set_snapping(False)
    mouse.click((254, 96))
    mouse.double_click((100, 20))
    assert got[0].coords[0] == (X + 50, Y + 50)
    assert got[1].coords[0] == (X + 54, Y + 54)


def test_nothing_hidden_is_snapped_to(canvas, mouse, show):
    show(layer("a", [square(0, 0, 50)], visible=False))
    assert canvas.pick(QPoint(254, 96)) == (X + 54, Y + 54)


# -- measuring ---------------------------------------------------------------------------------------------------------


def test_lengths_and_areas_are_ellipsoidal(canvas, mouse):
    # On the central meridian a Gauss-Krüger metre is a metre.
    canvas.set_tool("measure_length")
    facts = keep(canvas.sketchChanged)
    mouse.click((100, 150))
    mouse.click((300, 150))
    mouse.double_click((300, 50))
    assert facts[-1]["segments_m"] == pytest.approx([200, 100], rel=1e-4)
    assert facts[-1]["length_m"] == pytest.approx(300, rel=1e-4)
    assert facts[-1]["finished"]
    canvas.set_tool("measure_area")
    for at in ((100, 50), (300, 50), (300, 250)):
        mouse.click(at)
    mouse.double_click((100, 250))
    assert facts[-1]["area_m2"] == pytest.approx(40_000, rel=1e-4)
    assert facts[-1]["length_m"] == pytest.approx(800, rel=1e-4)


def test_measures_are_of_the_ground_not_of_the_map(canvas, mouse):
    """In EPSG:3857 a metre on the map at 29 degrees north is some 0.87 m on the ground."""
    canvas.set_crs(3857)
    canvas.set_tool("measure_length")
    facts = keep(canvas.sketchChanged)
    mouse.click((100, 150))
    mouse.double_click((300, 150))
    on_map = 200 * canvas.resolution
    assert facts[-1]["length_m"] == pytest.approx(on_map * np.cos(np.radians(28.9)), rel=5e-3)


def test_the_mouse_shows_the_length_before_the_click(canvas, mouse):
    canvas.set_tool("measure_length")
    facts = keep(canvas.sketchChanged)
    mouse.click((100, 150))
    mouse.move((150, 150))
    assert facts[-1]["length_m"] == pytest.approx(50, rel=1e-3)
    assert facts[-1]["vertices"] == 1


# -- editing -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def editing(canvas):
    canvas.set_snapping(False)

    def begin(geometry):
        canvas.set_sites([("s", geometry, "prohibited")])
        canvas.set_current_site("s")
        canvas.set_tool("edit")
        canvas.zoom_to((X - 200, Y - 150, X + 200, Y + 150), margin=0.0)
        canvas.wait_idle()
        return keep(canvas.siteMoved)

    return begin


def test_a_vertex_is_dragged(editing, canvas, mouse):
    got = editing(square(0, 0, 50))
    mouse.drag((250, 100), (260, 95), (280, 80))
    assert got[-1].symmetric_difference(Polygon([(X - 50, Y - 50), (X + 50, Y - 50), (X + 80, Y + 70),
                                                 (X - 50, Y + 50)])).area < 1e-6  # fmt: skip
    assert canvas.current_geometry().equals(got[-1])


def test_a_vertex_is_put_in_by_its_middle_mark_and_by_a_double_click(editing, mouse):
    got = editing(square(0, 0, 50))
    mouse.drag((250, 150), (270, 150), (290, 150))
    assert len(got[-1].exterior.coords) == 6
    assert got[-1].area == pytest.approx(100 * 100 + 100 * 40 / 2)
    mouse.double_click((170, 200))
    assert len(got[-1].exterior.coords) == 7
    assert got[-1].area == pytest.approx(12_000)


def test_a_vertex_is_deleted_but_not_below_a_triangle(editing, canvas, mouse, qtbot):
    got, told = editing(square(0, 0, 50)), keep(canvas.notice)
    mouse.move((250, 100))
    qtbot.keyClick(canvas, Qt.Key_Delete)
    assert got[-1].area == pytest.approx(5000)
    mouse.move((250, 200))
    qtbot.keyClick(canvas, Qt.Key_Delete)
    assert len(got) == 1
    assert told


def test_the_whole_site_is_moved_by_its_inside(editing, mouse):
    got = editing(MultiPolygon([ring(0, 0, 50, 20), square(100, 0, 10)]))
    mouse.drag((165, 150), (170, 150), (185, 160))
    assert got[-1].geom_type == "MultiPolygon"
    assert got[-1].bounds == pytest.approx((X - 30, Y - 60, X + 130, Y + 40))
    assert got[-1].area == pytest.approx(100 * 100 - 40 * 40 + 400)


@pytest.mark.parametrize("line", [
    LineString([(X - 100, Y), (X + 20, Y), (X + 100, Y + 50)]),
    MultiLineString([[(X - 100, Y), (X + 20, Y)], [(X + 100, Y), (X + 100, Y + 50)]]),
])
def test_a_line_is_moved_as_a_whole_by_a_place_between_its_vertices(editing, canvas, mouse, line):
    got = editing(line)
    mouse.drag((120, 152), (125, 150), (135, 172))
    assert got[-1].geom_type == line.geom_type
    assert got[-1].equals_exact(transform(line, lambda xy: xy + (15, -20)), 1e-6)
    mouse.drag((135, 120), (125, 150))
    assert len(got) == 1, "beside the line there is nothing to be taken hold of"


def test_a_line_is_moved_as_a_whole_by_keys(editing, canvas, mouse, qtbot):
    line = LineString([(X - 100, Y), (X + 20, Y), (X + 100, Y + 50)])
    got = editing(line)
    mouse.move((120, 152))
    qtbot.keyClick(canvas, Qt.Key_Right)  # shows the cross there
    for key in (Qt.Key_Space, Qt.Key_Right, Qt.Key_Down, Qt.Key_Space):
        qtbot.keyClick(canvas, key)
    assert got[-1].equals_exact(transform(line, lambda xy: xy + (10, -10)), 1e-6)


def test_a_point_is_moved(editing, mouse):
    got = editing(Point(X, Y))
    mouse.drag((202, 150), (210, 150), (230, 120))
    assert got[-1].equals_exact(Point(X + 30, Y + 30), 1e-6)


def test_a_line_being_edited_has_no_inside(editing, canvas):
    editing(LineString([(X - 100, Y), (X, Y + 100), (X + 100, Y)]))
    assert canvas.wait_idle()
    assert canvas.grab().toImage().pixelColor(200, 100).name() == "#ffffff"
    canvas.set_sites([("s", Polygon([(X - 100, Y), (X, Y + 100), (X + 100, Y)]), "undetermined")])
    assert canvas.wait_idle()
    assert canvas.grab().toImage().pixelColor(200, 100).name() != "#ffffff"


def test_an_edit_that_crosses_itself_is_taken_back(editing, canvas, mouse):
    got, told = editing(square(0, 0, 50)), keep(canvas.notice)
    mouse.drag((250, 100), (120, 180))
    assert got == []
    assert "自相交" in told[-1]
    assert canvas.current_geometry().equals(square(0, 0, 50))


def test_escape_lets_go_of_a_vertex(editing, canvas, mouse, qtbot):
    got = editing(square(0, 0, 50))
    mouse.press((250, 100))
    mouse.move((290, 80), Qt.LeftButton)
    qtbot.keyClick(canvas, Qt.Key_Escape)
    mouse.release((290, 80))
    assert got == []
    assert canvas.current_geometry().equals(square(0, 0, 50))


def test_editing_without_a_site_says_so(canvas):
    told = keep(canvas.notice)
    canvas.set_tool("edit")
    assert "选中" in told[-1]


# -- tools and drawing ---------------------------------------------------------------------------------------------------


def test_every_tool_can_be_taken_up_and_painted(canvas, show):
    from gui.canvas.canvas import TOOLS

    show(layer("a", [square(0, 0, 50)]))
    names = keep(canvas.toolChanged)
    for name in TOOLS:
        canvas.set_tool(name)
        canvas.grab()
    assert names == [name for name in TOOLS if name != "pan"] or names == list(TOOLS)[1:]
    with pytest.raises(ValueError, match="lasso"):
        canvas.set_tool("lasso")


def test_changing_the_tool_drops_the_sketch(canvas, mouse, qtbot):
    canvas.set_tool("draw_line")
    got = keep(canvas.sketchFinished)
    mouse.click((100, 150))
    mouse.click((200, 150))
    canvas.set_tool("pan")
    canvas.set_tool("draw_line")
    qtbot.keyClick(canvas, Qt.Key_Return)
    assert got == []


def crowd(count=60):
    side = np.linspace(-190, 190, count)
    return [box(X + x, Y + y * 0.7, X + x + 5, Y + y * 0.7 + 3.5) for x in side for y in side]


def test_a_drawing_can_be_cancelled_and_asked_for_again(canvas, qtbot):
    canvas.set_layers([layer("a", crowd(), look=plain("#ff0000"))])
    assert canvas.busy
    qtbot.keyClick(canvas, Qt.Key_Escape)
    assert not canvas.busy
    qtbot.wait(50)
    assert not canvas.busy
    with qtbot.waitSignal(canvas.renderFinished):
        qtbot.keyClick(canvas, Qt.Key_F5)
    assert not canvas.busy


def test_only_the_newest_view_is_shown(canvas, show, mouse):
    show(layer("a", crowd()))
    for _step in range(30):
        canvas.zoom_in()
        canvas.refresh()
        canvas.zoom_out()
    assert canvas.wait_idle()
    assert canvas._image_view == canvas._view


def test_busy_is_told_once_each_way(canvas, show):
    canvas.wait_idle()
    got = keep(canvas.busyChanged)
    canvas.refresh()
    canvas.wait_idle()
    assert got == [True, False]


def test_shutdown_twice_and_calls_afterwards_do_nothing(canvas):
    canvas.shutdown()
    canvas.set_layers([layer("a", [square(0, 0, 10)])])
    canvas.zoom_in()
    canvas.refresh()
    assert not canvas.busy
    canvas.shutdown()


def test_a_click_on_the_first_vertex_closes_the_polygon(canvas, mouse):
    canvas.set_tool("draw_polygon")
    got = keep(canvas.sketchFinished)
    for at in ((100, 50), (300, 50), (300, 250), (103, 52)):
        mouse.click(at)
    assert got[0].equals(Polygon([(X - 100, Y + 100), (X + 100, Y + 100), (X + 100, Y - 100)]))
    assert len(got[0].exterior.coords) == 4


def test_a_new_crs_is_told_and_sites_stay_on_the_ground(canvas):
    canvas.set_sites([("s", square(0, 0, 50), "permitted")])
    canvas.set_current_site("s")
    told = keep(canvas.crsChanged)
    canvas.set_crs(4490)
    canvas.set_crs(4490)
    assert told == [4490]
    left, bottom, right, top = canvas.current_geometry().bounds
    assert (left, right) == pytest.approx((117 - 0.000515, 117 + 0.000515), abs=1e-5)
    assert 28 < bottom < top < 30
    canvas.set_crs(4548)
    assert canvas.current_geometry().bounds == pytest.approx(square(0, 0, 50).bounds, abs=1e-4)


def test_a_finished_edit_may_be_answered_with_new_sites_at_once(editing, canvas, mouse):
    """The window hands the sites back in the middle of the signal."""
    editing(square(0, 0, 50))
    canvas.siteMoved.connect(lambda geometry: canvas.set_sites([("s", geometry, "permitted")]))
    mouse.drag((250, 100), (260, 95), (280, 80))
    mouse.drag((280, 80), (270, 90))
    assert canvas.current_geometry().bounds == pytest.approx((X - 50, Y - 50, X + 70, Y + 60))


@pytest.mark.parametrize("moment", range(5))
def test_a_canvas_deleted_in_the_middle_of_a_drawing_leaves_no_thread(qtbot, moment):
    import threading

    from PyQt5 import sip

    from gui.canvas.canvas import MapCanvas

    made = MapCanvas()
    made.resize(800, 600)
    made.show()
    made.set_layers([layer("a", crowd(), look=plain("#ff0000"))])
    qtbot.wait(5 + 10 * moment)
    sip.delete(made)
    assert not [thread for thread in threading.enumerate() if thread.name == "map-renderer"]
    qtbot.wait(5)


def test_layers_that_come_one_by_one_are_all_shown_until_the_map_is_moved(canvas, mouse):
    canvas.set_layers([])
    one, two, three = (layer(name, [square(x, 0, 50)]) for name, x in (("1", 0), ("2", 5000), ("3", -9000)))
    canvas.set_layers([one])
    assert canvas.wait_idle()
    canvas.set_layers([one, two])
    assert canvas.wait_idle()
    assert canvas.extent()[2] > X + 5050
    mouse.drag((200, 150), (220, 150))
    moved = canvas.extent()
    canvas.set_layers([one, two, three])
    assert canvas.wait_idle()
    assert canvas.extent() == pytest.approx(moved)


def test_the_place_under_a_resting_mouse_follows_the_map_and_is_lost_with_the_mouse(canvas, mouse):
    got, lost = keep(canvas.cursorMoved), keep(canvas.placeLost)
    mouse.move((250, 150))
    canvas.center_on(X + 1000, Y)
    assert got[-1][2:] == pytest.approx((X + 1050, Y))
    assert not lost
    QApplication.sendEvent(canvas, QEvent(QEvent.Leave))
    count = len(got)
    canvas.center_on(X, Y)
    assert len(got) == count
    assert lost


# -- measures while the hand is at it ----------------------------------------------------------------------------------


def test_dragging_tells_area_and_perimeter_as_the_site_will_be_kept(editing, canvas, mouse):
    got, facts = editing(square(0, 0, 50)), keep(canvas.sketchChanged)
    canvas.set_site_crs("EPSG:4490", "EPSG:4490")
    mouse.press((250, 100))
    mouse.move((290, 80), Qt.LeftButton)
    during = facts[-1]
    assert not during["finished"]
    assert canvas._tool.labels == [], "drawn with the next frame"
    canvas.grab()
    assert len(canvas._tool.labels) == 1
    mouse.release((290, 80))
    kept = np.array([transform_geometry(got[-1], "EPSG:4548", "EPSG:4490")], dtype=object)
    assert during["area_m2"] == pytest.approx(area_m2(kept, CRS.from_epsg(4490))[0], abs=0.01)
    assert during["length_m"] == pytest.approx(length_m(kept, CRS.from_epsg(4490))[0], abs=0.01)
    assert facts[-1]["finished"]


def test_drawing_an_area_tells_its_perimeter(canvas, mouse):
    facts = keep(canvas.sketchChanged)
    canvas.set_tool("draw_polygon")
    for at in ((100, 100), (200, 100), (200, 200)):
        mouse.click(at)
    mouse.move((100, 200))
    assert facts[-1]["area_m2"] == pytest.approx(10_000, rel=2e-3)
    assert facts[-1]["length_m"] == pytest.approx(400, rel=1e-3)


@pytest.mark.parametrize("tool", ["draw_polygon", "measure_area", "draw_line"])
def test_words_of_a_sketch_never_lie_on_each_other(canvas, mouse, tool):
    canvas.set_snapping(False)
    canvas.set_tool(tool)
    drawn = 0
    for at in ((60, 60), (200, 80), (330, 60), (340, 150), (300, 230), (220, 240), (120, 250), (50, 190)):
        mouse.click(at)
        mouse.move((at[0] + 3, at[1] + 30))
        canvas.grab()
        labels = canvas._tool.labels
        assert not any(one.intersects(other) for n, one in enumerate(labels) for other in labels[:n])
        drawn = max(drawn, len(labels))
    assert drawn > 4


@pytest.mark.parametrize("at", [(0.0, 0.0), (399.0, 0.0), (399.0, 299.0), (0.0, 299.0), (200.0, 150.0)])
def test_the_measure_at_the_mouse_stays_on_the_map_and_hides_what_is_under_it(qtbot, at):
    picture = QImage(400, 300, QImage.Format_RGB32)
    painter = QPainter(picture)
    lines = ["98,808.9 m²", "9.8809 公顷 · 148.21 亩", "周长 1,258.0 m"]
    grid = [((x, y), "34") for x in range(10, 400, 20) for y in range(10, 300, 20)]
    labels = draw_labels(painter, 400, 300, QFont(), (at, lines, INK), grid)
    painter.end()
    assert QRectF(0, 0, 400, 300).contains(labels[0])
    assert len(labels) > 20
    assert not any(one.intersects(other) for n, one in enumerate(labels) for other in labels[:n])


@pytest.mark.parametrize("at", [(-40.0, 100.0), (200.0, 2000.0), (401.0, 10.0)])
def test_a_measure_whose_place_is_out_of_the_picture_does_not_stick_to_its_edge(qtbot, at):
    picture = QImage(400, 300, QImage.Format_RGB32)
    painter = QPainter(picture)
    assert draw_labels(painter, 400, 300, QFont(), (at, ["共 7,212 m"], INK), []) == []
    painter.end()

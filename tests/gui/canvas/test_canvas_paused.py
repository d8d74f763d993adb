"""Drawing that is paused: nothing is drawn anew, the map says so, and what lies where is known all the same."""

import pytest
from canvas_help import X, Y, layer, square


def keep(signal):
    got = []
    signal.connect(lambda *values: got.append(values[0] if len(values) == 1 else values))
    return got


def band(canvas):
    """The colour of the middle of the upper border, where the band stands."""
    return canvas.grab().toImage().pixelColor(200, 2).name()


def test_nothing_is_drawn_until_it_goes_on(canvas, show):
    show(layer("a", [square(0, 0, 100)]))
    before, drawn = canvas.picture(), keep(canvas.renderFinished)
    canvas.set_paused(True)
    canvas.set_layers([layer("b", [square(0, 0, 390)])])
    canvas.zoom_to((X - 100, Y - 75, X + 100, Y + 75), margin=0.0)
    canvas.refresh()
    assert canvas.wait_idle()
    assert canvas.picture() is before
    assert drawn == []
    assert band(canvas) == "#fff3d6"
    canvas.set_paused(False)
    assert canvas.wait_idle()
    assert drawn
    assert canvas.picture() is not before
    assert band(canvas) != "#fff3d6"
    assert canvas.extent() == pytest.approx((X - 100, Y - 75, X + 100, Y + 75))


def test_what_was_added_meanwhile_is_identified_and_selected(canvas, mouse):
    canvas.set_paused(True)
    canvas.set_layers([layer("a", [square(-100, 0, 20), square(80, 40, 20)])])
    canvas.zoom_to((X - 200, Y - 150, X + 200, Y + 150), margin=0.0)
    canvas.set_tool("identify")
    got = keep(canvas.identified)
    x, y = canvas._view.to_pixel(X + 80, Y + 40)
    mouse.click((int(x), int(y)))  # before the layer has been measured
    assert canvas.wait_idle()
    mouse.click((int(x), int(y)))
    assert got == [[("a", 1)], [("a", 1)]]


def test_the_whole_of_it_is_found_and_a_picture_for_others_is_drawn(canvas, show):
    canvas.set_paused(True)
    canvas.set_layers([layer("a", [square(0, 0, 4000)])])
    canvas.zoom_full()
    assert canvas.wait_idle()
    left, _bottom, right, _top = canvas.extent()
    assert right - left > 4000
    image = canvas.grab_image(200, 150)
    assert image.pixelColor(100, 75).name() != "#ffffff"


def test_pausing_stops_what_is_being_drawn(canvas):
    canvas.set_layers([layer("a", [square(x, y, 5) for x in range(-150, 150, 6) for y in range(-150, 150, 6)])])
    canvas.set_paused(True)
    drawn = keep(canvas.renderFinished)
    assert canvas.wait_idle()
    assert drawn == []
    canvas.set_paused(True)  # nothing more
    assert not canvas.busy


def judged(canvas, verdict):
    canvas.set_sites([("p", square(0, 0, 60), verdict)])


def marks(canvas):
    """The pixels where the sign of the site stands."""
    image = canvas.picture()
    return [image.pixelColor(x, y).name() for x in range(190, 211) for y in range(140, 161)]


def test_the_sign_of_a_verdict_is_that_of_now_over_the_layers_of_then(canvas, show):
    judged(canvas, "compliant")
    show(layer("a", [square(-120, 0, 30)]))
    before = marks(canvas)
    canvas.set_paused(True)
    canvas.set_layers([layer("b", [square(120, 0, 30)])])
    judged(canvas, "outdated")
    assert canvas.wait_idle()
    image = canvas.picture()
    assert marks(canvas) != before
    assert image.pixelColor(80, 150).name() == "#ff0000", "the layers are those of then"
    assert image.pixelColor(320, 150).name() == "#ffffff"
    assert band(canvas) == "#fff3d6"
    canvas.zoom_to((X - 100, Y - 75, X + 100, Y + 75), margin=0.0)  # what was drawn is stretched, and still the sign of now
    judged(canvas, "compliant")
    assert canvas.wait_idle()
    assert marks(canvas) == before
    canvas.set_paused(False)
    assert canvas.wait_idle()
    canvas.zoom_to((X - 200, Y - 150, X + 200, Y + 150), margin=0.0)
    assert canvas.wait_idle()
    assert canvas.picture().pixelColor(320, 150).name() == "#ff0000"
    assert canvas.picture().pixelColor(80, 150).name() == "#ffffff"


def test_a_divider_stays_where_it_was_drawn(canvas, show):
    canvas.set_layers([layer("a", [square(0, 0, 100)])])
    canvas.set_swipe(["a"], [], 0.5)
    judged(canvas, "compliant")
    show(layer("a", [square(0, 0, 100)]))
    canvas.set_paused(True)
    judged(canvas, "outdated")
    assert canvas.wait_idle()
    assert canvas.picture().pixelColor(110, 60).name() == "#ff0000"
    assert canvas.picture().pixelColor(290, 60).name() == "#ffffff"


def test_a_picture_for_others_has_the_sign_of_now(canvas, show):
    judged(canvas, "compliant")
    show(layer("a", [square(-120, 0, 30)]))
    canvas.set_paused(True)
    judged(canvas, "outdated")
    sent = canvas.grab_image(400, 300)
    canvas.set_paused(False)
    assert canvas.wait_idle()
    assert [sent.pixelColor(x, y).name() for x in range(190, 211) for y in range(140, 161)] == marks(canvas)


def test_another_workspace_is_a_blank_map(canvas, show):
    judged(canvas, "compliant")
    show(layer("a", [square(0, 0, 100)]))
    canvas.set_paused(True)
    canvas.forget()
    canvas.set_layers([])
    canvas.set_sites([])
    assert canvas.wait_idle()
    shown = canvas.grab().toImage()
    assert {shown.pixelColor(x, y).name() for x in range(110, 291) for y in range(50, 110)} == {"#ffffff"}
    assert band(canvas) == "#fff3d6"
    canvas.set_layers([layer("b", [square(0, 0, 100)])])
    judged(canvas, "compliant")
    assert canvas.wait_idle()
    assert canvas.picture() is None, "nothing of it was drawn yet"
    canvas.set_paused(False)
    assert canvas.wait_idle()
    assert canvas.picture() is not None

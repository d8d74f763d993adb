"""What own styles and the divider do to the picture."""

from __future__ import annotations

from dataclasses import replace

import geopandas
import pytest
from canvas_help import layer, pixel_of, plain, square, style, symbol
from PyQt5.QtCore import QPointF

from gui.canvas.symbols import classify
from sanxian.mapping import make_style
from sanxian.mapping.filters import Condition, Filter
from sanxian.mapping.styles import LayerStyle

RED, BLUE, WHITE = "#ff0000", "#0000ff", "#ffffff"


def two(look):
    return layer("two", [square(-100, 0, 60), square(100, 0, 60)], look=look, columns={"v": [1.0, 9.0], "n": ["一", "二"]})


def graduated():
    return LayerStyle("reference", "graduated", "v", (symbol(fill=RED, outline=RED, lower=0.0, upper=5.0),
                                                      symbol(fill=BLUE, outline=BLUE, lower=5.0, upper=10.0), symbol(fill=WHITE)))


def ruled():
    return LayerStyle("reference", "rules", "", (symbol(fill=RED, outline=RED, where=Filter((Condition("n", "is", "一"),))),
                                                 symbol(fill=BLUE, outline=BLUE)))


@pytest.mark.parametrize("look", [graduated(), ruled()])
def test_numbers_and_rules_pick_the_colour(show, look):
    at = show(two(look))
    assert (at(-100, 0), at(100, 0)) == (RED, BLUE)


def test_a_class_that_is_switched_off_is_not_drawn_and_not_identified(canvas, show):
    look = graduated()
    look = replace(look, classes=(look.classes[0], replace(look.classes[1], shown=False), look.classes[2]))
    at = show(two(look))
    assert (at(-100, 0), at(100, 0)) == (RED, WHITE)
    assert classify(look, two(look).frame).tolist() == [0, -1]
    found = []
    canvas.identified.connect(found.append)
    for x in (100, 300):
        canvas.identify_at(QPointF(x, 150))
    assert found == [[("two", 0)], []], "what is not drawn is not identified"
    points = layer("dots", [square(-100, 0, 1).centroid, square(100, 0, 1).centroid], look=look, columns={"v": [1.0, 9.0]})
    at = show(points)
    assert (at(-100, 0), at(100, 0)) == (RED, WHITE)
    tiny = layer("tiny", [square(-100, 0, 0.2), square(100, 0, 0.2)], look=look, columns={"v": [1.0, 9.0]})
    at = show(tiny)
    assert at(100, 0) == WHITE


def test_a_layer_is_drawn_and_asked_within_its_scales_only(canvas, show):
    scale = canvas.scale()
    inside, outside = replace(plain(RED), scales=(scale / 2, scale * 2)), replace(plain(RED), scales=(0.0, scale / 2))
    found = []
    canvas.identified.connect(found.append)
    for look, colour, hits in ((inside, RED, 1), (outside, WHITE, 0), (replace(plain(RED), scales=(scale * 2, 0.0)), WHITE, 0)):
        one = layer("one", [square(0, 0, 60)], look=look)
        assert show(one)(0, 0) == colour
        canvas.identify_at(QPointF(200, 150))
        assert len(found[-1]) == hits


def test_names_come_from_the_field_of_the_style_and_within_its_scales(canvas, show):
    def inked(look):
        at = show(layer("named", [square(0, 0, 100)], look=look, columns={"name": [""], "v": [123456789.0]}))
        return any(at(x, y) not in (RED, WHITE) for x in range(-60, 60) for y in range(-8, 9))

    red = plain(RED)
    assert not inked(red)
    assert inked(replace(red, label_field="v"))
    assert not inked(replace(red, label_field="v", labels=False))
    assert not inked(replace(red, label_field="v", label_scales=(0.0, canvas.scale() / 2)))
    assert not inked(replace(red, label_field="gone"))


def test_the_divider_shows_a_layer_on_one_side_only(canvas, show):
    top, ground = layer("top", [square(0, 0, 120)], look=plain(RED)), layer("ground", [square(0, 0, 120)], look=plain(BLUE))
    at = show(top, ground)
    assert (at(-50, 0), at(50, 0)) == (RED, RED)

    def swiped(*args):
        canvas.set_swipe(*args)
        assert canvas.wait_idle()
        return pixel_of(canvas)

    at = swiped(["top"])
    assert (at(-50, 0), at(50, 0)) == (RED, BLUE)
    at = swiped(["top"], [], 0.75)
    assert (at(90, 0), at(110, 0)) == (RED, BLUE)
    at = swiped(["top"], ["ground"], 0.25)
    assert (at(-110, 0), at(-90, 0)) == (RED, BLUE)
    at = swiped()
    assert at(50, 0) == RED


def test_the_divider_shows_a_hidden_version_too(canvas, show):
    old, new = layer("old", [square(0, 0, 120)], look=plain(RED), visible=False), layer("new", [square(0, 0, 120)], look=plain(BLUE))
    at = show(old, new)
    assert at(-50, 0) == BLUE
    canvas.set_swipe(["old"], ["new"])
    assert canvas.wait_idle()
    at = pixel_of(canvas)
    assert (at(-50, 0), at(50, 0)) == (RED, BLUE)


def test_moving_the_divider_draws_no_layer_again(canvas, show, monkeypatch):
    from gui.canvas.paint import Picture

    show(layer("top", [square(0, 0, 120)], look=plain(RED)), layer("ground", [square(0, 0, 120)], look=plain(BLUE)))
    canvas.set_swipe(["top"])
    assert canvas.wait_idle()
    drawn = []
    was = Picture._layer
    monkeypatch.setattr(Picture, "_layer", lambda self, shot: (drawn.append(shot.id), was(self, shot)))
    for share in (0.4, 0.3, 0.2):
        canvas.set_swipe(["top"], [], share)
        assert canvas.wait_idle()
    assert drawn == []
    at = pixel_of(canvas)
    assert (at(-110, 0), at(-130, 0)) == (BLUE, WHITE)


def test_a_hundred_thousand_rows_are_classed_in_a_moment():
    import time

    import numpy as np

    rows = 100_000
    frame = geopandas.GeoDataFrame({"v": np.arange(rows, dtype=float), "n": np.array(["一", "二", "三"], object)[np.arange(rows) % 3]})
    for look in (graduated(), style(symbol(value="一"), symbol(), field="n"), ruled()):
        begun = time.perf_counter()
        assert len(classify(look, frame)) == rows
        assert time.perf_counter() - begun < 1.0
    begun = time.perf_counter()
    make_style.breaks(frame["v"], 7, "natural")
    assert time.perf_counter() - begun < 1.0


def test_a_map_whose_layers_all_lie_beyond_their_scales_says_so(canvas, show):
    scale = canvas.scale()
    near, far = (layer(name, [square(0, 0, 60)], look=replace(plain(RED), scales=limits))
                 for name, limits in (("near", (scale / 2, scale * 2)), ("far", (scale * 2, 0.0))))
    show(near, far)
    assert canvas._hint() is None
    show(far)
    assert "比例尺" in canvas._hint()[0]
    canvas.set_sites([("p", square(0, 0, 60), "prohibited")])
    assert canvas._hint() is None

"""What is on the picture: colours of pixels at places that are known."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from canvas_help import X, Y, layer, pixel_of, plain, ring, square, style, symbol
from PyQt5.QtGui import QColor
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon

from gui.canvas.paint import FEW_POINTS

# rasterio multiplies transforms the old way.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

RED, BLUE, GREEN, WHITE = "#ff0000", "#0000ff", "#00ff00", "#ffffff"


def test_an_area_is_filled_where_it_is(show):
    pixel = show(layer("a", [square(0, 0, 50)]))
    assert pixel(0, 0) == pixel(45, 45) == RED
    assert pixel(55, 0) == pixel(0, -55) == WHITE


def test_a_hole_is_not_filled(show):
    pixel = show(layer("a", [ring(0, 0, 60, 30)]))
    assert pixel(45, 0) == RED
    assert pixel(0, 0) == WHITE


def test_an_island_in_a_hole_is_filled(show):
    pixel = show(layer("a", [MultiPolygon([ring(0, 0, 80, 50), square(0, 0, 20)])]))
    assert (pixel(65, 0), pixel(35, 0), pixel(0, 0)) == (RED, WHITE, RED)


def test_a_collection_is_drawn_part_by_part(show):
    both = GeometryCollection([square(-80, 0, 20), LineString([(X + 50.5, Y - 40), (X + 50.5, Y + 40)]), Point(X, Y + 80)])
    pixel = show(layer("a", [both]))
    assert pixel(-80, 0) == pixel(50, 0) == pixel(0, 80) == RED


def test_missing_and_empty_geometries_are_passed_over(show):
    pixel = show(layer("a", [None, Polygon(), square(0, 0, 20)]))
    assert pixel(0, 0) == RED


def test_the_first_layer_lies_on_top(show):
    top, bottom = layer("top", [square(0, 0, 30)], look=plain(BLUE)), layer("bottom", [square(0, 0, 60)])
    pixel = show(top, bottom)
    assert (pixel(0, 0), pixel(45, 0)) == (BLUE, RED)
    assert show(bottom, top)(0, 0) == RED


def test_a_layer_that_is_switched_off_is_gone_after_refresh(canvas, show):
    top, bottom = layer("top", [square(0, 0, 30)], look=plain(BLUE)), layer("bottom", [square(0, 0, 60)])
    show(top, bottom)
    top.visible = False
    canvas.refresh()
    assert canvas.wait_idle()
    assert pixel_of(canvas)(0, 0) == RED


def test_opacity_mixes_a_layer_as_a_whole(show):
    # Two areas of one layer overlap: the overlap is no darker, as the layer is mixed and not each feature.
    pixel = show(layer("a", [square(-10, 0, 40), square(10, 0, 40)], look=plain(BLUE), opacity=0.5))
    assert pixel(0, 0) == pixel(-40, 0)
    assert QColor(pixel(0, 0)).red() == pytest.approx(127, abs=2)


def test_classes_have_their_own_colours_and_unknown_values_the_last(show):
    look = style(symbol(value="a", fill=RED, outline=RED), symbol(value="b", fill=BLUE, outline=BLUE),
                 symbol(value=None, fill=GREEN, outline=GREEN), field="kind")  # fmt: skip
    shapes = [square(-90, 0, 20), square(-30, 0, 20), square(30, 0, 20), square(90, 0, 20)]
    pixel = show(layer("a", shapes, look=look, columns={"kind": ["a", "b", "?", None]}))
    assert [pixel(x, 0) for x in (-90, -30, 30, 90)] == [RED, BLUE, GREEN, GREEN]


def test_a_style_by_a_column_that_is_missing_draws_the_class_for_the_rest(show):
    look = style(symbol(value="a", fill=RED), symbol(value=None, fill=GREEN, outline=GREEN), field="kind")
    assert show(layer("a", [square(0, 0, 20)], look=look))(0, 0) == GREEN


def test_a_hatch_has_both_colours_and_keeps_its_size_when_zooming(canvas, show):
    look = style(symbol(fill="#ffff00", outline="#000000", hatch="diagonal"))
    show(layer("a", [square(0, 0, 1000)], look=look))

    def dark_share():
        image = canvas.grab().toImage().convertToFormat(4)
        memory = image.constBits()
        memory.setsize(image.sizeInBytes())
        middle = np.frombuffer(memory, np.uint8).reshape(image.height(), -1, 4)[80:220, 100:300]
        return float((middle[..., 1] < 200).mean())

    share = dark_share()
    assert 0.05 < share < 0.4
    canvas.zoom_in()
    canvas.wait_idle()
    assert dark_share() == pytest.approx(share, rel=0.2)


@pytest.mark.parametrize("marker", ["circle", "square", "triangle", "diamond"])
def test_points_are_drawn_as_markers(show, marker):
    pixel = show(layer("a", [Point(X, Y)], look=plain(RED, marker=marker, size=15)))
    assert (pixel(0, 0), pixel(14, 0)) == (RED, WHITE)


@pytest.mark.parametrize("classes", [1, 2])
def test_the_white_rims_of_a_crowd_do_not_wipe_it_out(show, canvas, classes):
    """60,000 outlets along a river were a blank white band."""
    rng = np.random.default_rng(5)
    spots = [Point(X + x, Y + y) for x, y in zip(rng.uniform(-190, 190, 20_000), rng.uniform(-8, 8, 20_000), strict=True)]
    symbols = [symbol(value=str(at), fill=colour, outline="#ffffff", outline_width=0.8) for at, colour in enumerate((RED, BLUE)[:classes])]
    look = style(*symbols, symbol(fill=GREEN, outline="#ffffff"), field="kind")
    show(layer("crowd", spots, look=look, columns={"kind": [str(at % classes) for at in range(len(spots))]}, labels=False))
    image = canvas.picture()
    band = [image.pixelColor(x, y) for x in range(20, 380) for y in range(142, 159)]
    assert sum(one.lightnessF() < 0.75 for one in band) > 0.97 * len(band)


def test_where_many_points_lie_apart_each_keeps_its_rim(show):
    """Two that overlap among thousands that do not: the later lies on the other, with its rim."""
    spots = [Point(X + x, Y + y) for x in range(-195, 190, 6) for y in range(-145, -20, 2)][:3990]
    spots = [*spots, Point(X - 3, Y + 60), Point(X + 3, Y + 60)]
    look = style(symbol(fill=RED, outline="#ffffff", outline_width=1.5))
    pixel = show(layer("apart", spots, look=look, labels=False))
    assert pixel(-7, 60) == RED
    assert pixel(3, 60) == RED
    assert "#ffffff" in {pixel(x, 60) for x in (-4, -3, -2)}, "the rim of the later one"


def test_a_crowd_of_points_is_stamped_in_class_colours(show):
    rng = np.random.default_rng(1)
    xy = rng.uniform(-100, 100, (5000, 2)) + (X, Y)
    kinds = np.where(xy[:, 0] < X, "west", "east")
    look = style(symbol(value="west", fill=RED, outline=RED), symbol(value="east", fill=BLUE, outline=BLUE), field="k")
    pixel = show(layer("a", shapely.points(xy), look=look, columns={"k": kinds}))
    assert (pixel(-50, 0), pixel(50, 0), pixel(150, 0)) == (RED, BLUE, WHITE)


@pytest.mark.parametrize("many", [1, FEW_POINTS + 1])
def test_of_points_at_one_place_the_last_feature_is_on_top_whatever_its_class(show, many):
    look = style(symbol(value="a", fill=RED, outline=RED, marker="square", size=20),
                 symbol(value="b", fill=BLUE, outline=BLUE, marker="square", size=12),
                 symbol(value="c", fill=GREEN, outline=GREEN, marker="square", size=16), field="k")  # fmt: skip
    places = [(-100, "abc"), (0, "cab"), (100, "bca")]
    spots = [Point(X + x, Y) for x, kinds in places for _kind in kinds]
    kinds = [kind for _x, kinds in places for kind in kinds]
    spots += [Point(X + 1000 + at, Y) for at in range(many - 1)]  # out of sight; those in sight are stamped all the same
    spots += [Point(X - 190 + at / 100, Y - 140) for at in range(many - 1)]
    kinds += ["a"] * (2 * many - 2)
    pixel = show(layer("a", spots, look=look, columns={"k": kinds}))
    assert [pixel(x, 0) for x, _kinds in places] == [GREEN, BLUE, RED]
    assert pixel(-100 + 12, 0) == RED  # of the larger one below the rim shows


def test_features_smaller_than_a_pixel_still_show(show):
    shapes = [square(x, 0, 0.05) for x in np.arange(-100, 100, 0.25)]
    pixel = show(layer("a", shapes))
    assert pixel(0, 0) == pixel(-60, 0) == RED


def test_another_crs_is_reprojected_to_its_place(show):
    here = gpd.GeoSeries([square(0, 0, 40)], crs=4548)
    pixel = show(layer("a", here.to_crs(4490), crs=4490), layer("b", here.to_crs(4527), crs=4527, look=plain(BLUE)))
    assert (pixel(0, 0), pixel(35, 35), pixel(45, 0)) == (RED, RED, WHITE)


def test_changing_the_map_crs_keeps_place_and_scale(canvas, show):
    show(layer("a", [square(0, 0, 40)]))
    lonlat = canvas.lonlat(np.array([[X, Y]]))
    scale = canvas.scale()
    canvas.set_crs(4490)
    assert canvas.wait_idle()
    left, bottom, right, top = canvas.extent()
    assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx(tuple(lonlat[0]), abs=1e-9)
    assert canvas.scale() == pytest.approx(scale, rel=1e-6)
    assert pixel_of(canvas)(0, 0) == RED


def test_another_workspace_chooses_its_own_zone_also_where_projects_come_sooner_than_layers(qtbot, canvas):
    def data(lon):
        return layer("data", [shapely.box(lon, 29, lon + 0.2, 29.2)], crs=4490)

    canvas.start_anew()
    canvas.set_layers([data(113.9)])
    assert canvas.crs == 4547
    canvas.set_crs(4490)
    canvas.start_anew()
    assert (canvas.layers(), canvas.crs) == ([], 4548)
    canvas.set_sites([("P1", shapely.box(117.0, 29.0, 117.01, 29.01), "")], 4490)
    canvas.set_layers([data(113.9)])
    assert canvas.crs == 4547
    canvas.start_anew()
    canvas.set_layers([data(116.9)])
    assert canvas.crs == 4548
    assert canvas.wait_idle()
    west, south, east, north = canvas.extent()
    assert canvas.lonlat(np.array([[(west + east) / 2, (south + north) / 2]]))[0] == pytest.approx((117.0, 29.1), abs=0.01)
    canvas.set_layers([])
    canvas.set_layers([data(113.9)])
    assert canvas.crs == 4548, "in one workspace it stays"


def test_the_first_data_choose_the_zone_and_are_zoomed_to(qtbot, canvas):
    from gui.canvas.canvas import MapCanvas

    other = MapCanvas()
    qtbot.addWidget(other)
    other.resize(400, 300)
    other.show()
    other.set_layers([layer("a", [shapely.box(114.1, 28, 114.2, 28.1)], crs=4490)])
    assert other.wait_idle()
    assert other.crs == 4547
    left, _bottom, right, _top = other.extent()
    assert 500_000 < left < right < 540_000
    assert other.grab().toImage().pixelColor(200, 150).name() == RED
    other.shutdown()


def test_a_layer_without_crs_is_refused_in_words_and_the_rest_drawn(qtbot, canvas, show):
    told = []
    canvas.layerFailed.connect(lambda name, words: told.append((name, words)))
    pixel = show(layer("lost", [square(0, 0, 60)], crs=None, look=plain(BLUE)), layer("a", [square(0, 0, 30)]))
    assert pixel(0, 0) == RED
    assert {name for name, _words in told} == {"lost"}
    assert "坐标系" in told[0][1]


def ragged(seed, step=0.5):
    """Two neighbours with one ragged border of thousands of vertices between them."""
    rng = np.random.default_rng(seed)
    y = np.arange(-140, 140, step / 4)
    x = np.cumsum(rng.normal(0, step / 2, len(y)))
    border = np.column_stack([X + x - x.mean(), Y + y])
    west = Polygon(np.vstack([border, [(X - 190, Y + 140), (X - 190, Y - 140)]]))
    east = Polygon(np.vstack([border, [(X + 190, Y + 140), (X + 190, Y - 140)]]))
    return west, east


@pytest.mark.parametrize("zoom", [1, 4, 32])
def test_no_gap_opens_between_neighbours_at_any_level(canvas, show, zoom):
    look = style(symbol(fill=RED, outline=RED, outline_width=0.0))
    show(layer("a", ragged(3), look=look))
    canvas.set_scale(canvas.scale() * zoom)
    canvas.wait_idle()
    image = canvas.grab().toImage()
    half = int(100 / zoom)
    for y in range(150 - half, 150 + half):
        for x in range(200 - half, 200 + half):
            # Two antialiased edges on one border may let a trace of the ground through, a gap would be white.
            assert image.pixelColor(x, y).green() < 90, (x, y)


def test_a_long_ring_far_beyond_the_view_is_filled_and_outlined_rightly(canvas, show):
    angle = np.linspace(0, 2 * np.pi, 9001)[:-1]
    circle = np.column_stack([X + 5000 + 5000 * np.cos(angle), Y + 5000 * np.sin(angle)])
    hole = np.column_stack([X + 100 + 30 * np.cos(angle), Y + 30 * np.sin(angle)])
    look = style(symbol(fill=RED, outline="#000000"))
    pixel = show(layer("a", [Polygon(circle, [hole])], look=look))
    assert (pixel(-10, 0), pixel(30, 0), pixel(100, 0), pixel(180, -100)) == (WHITE, RED, WHITE, RED)
    assert QColor(pixel(0, 0)).red() < 200
    assert pixel(199, 0) == RED  # no line along the edge of the view


def test_a_raster_is_drawn_where_it_is_and_nodata_is_clear(tmp_path, canvas, show):
    from gui.canvas.scene import MapLayer

    data = np.full((40, 40), 100, np.int16)
    data[:20] = -9999
    data[:, :4] = 0
    path = tmp_path / "dem.tif"
    with rasterio.open(path, "w", driver="GTiff", width=40, height=40, count=1, dtype="int16", crs="EPSG:4548",
                       nodata=-9999, transform=rasterio.transform.from_origin(X - 80, Y + 80, 4, 4)) as target:  # fmt: skip
        target.write(data, 1)
    pixel = show(MapLayer("dem", "dem", "raster", raster=path))
    assert pixel(20, 40) == WHITE
    assert pixel(20, -40) != WHITE
    assert pixel(100, -40) == WHITE
    canvas.set_crs(4490)
    canvas.wait_idle()
    assert pixel_of(canvas)(20, -40) != WHITE


def test_a_raster_that_is_gone_is_told(tmp_path, canvas, show):
    from gui.canvas.scene import MapLayer

    told = []
    canvas.layerFailed.connect(lambda name, words: told.append(words))
    show(MapLayer("dem", "dem", "raster", raster=tmp_path / "无.tif"), layer("a", [square(0, 0, 20)]))
    assert told
    assert "无.tif" in told[0]


def test_names_are_written_only_where_they_fit(show, canvas):
    shapes = [square(-60, 0, 50), square(100, 0, 4)]
    look = style(symbol(fill="#ffffff", outline="#ffffff"))

    def dark(area):
        image = canvas.grab().toImage()
        return sum(image.pixelColor(x, y).lightness() < 90 for x in area[0] for y in area[1])

    show(layer("a", shapes, look=look, columns={"name": ["MMMM", "MMMM"]}))
    assert dark((range(100, 180), range(135, 165))) > 20
    assert dark((range(250, 350), range(135, 165))) == 0


def test_sites_lie_on_top_with_the_colour_of_their_verdict(canvas, show):
    show(layer("a", [square(0, 0, 100)], look=plain(WHITE)))
    canvas.set_sites([("p", square(0, 0, 60), "prohibited"), ("q", Point(X + 120, Y), "permitted")])
    canvas.wait_idle()
    pixel = pixel_of(canvas)
    assert QColor(pixel(40, 0)).red() > QColor(pixel(40, 0)).green() + 20
    assert QColor(pixel(113, 0)).green() > QColor(pixel(113, 0)).red() + 20


def test_a_verdict_that_no_longer_holds_has_no_colour_of_one_and_a_reviewed_one_has_a_second_ring(canvas, show):
    show(layer("a", [square(0, 0, 100)], look=plain(WHITE)))
    canvas.set_sites([("p", square(0, 0, 60), "outdated")])
    canvas.wait_idle()
    pixel = pixel_of(canvas)
    assert pixel(40, 0) == WHITE, "no fill"
    edge = [QColor(pixel(60, y)).lightness() < 200 for y in range(-55, 56)]
    assert 20 < sum(edge) < 90, "a broken line"
    seen = {}
    for key in ("prohibited", "prohibited+reviewed"):
        canvas.set_sites([("p", Point(X, Y), key)])
        canvas.wait_idle()
        seen[key] = pixel_of(canvas)(0, 10)
    assert seen["prohibited"] == WHITE
    assert QColor(seen["prohibited+reviewed"]).red() > QColor(seen["prohibited+reviewed"]).green() + 20


def test_a_site_that_was_not_judged_hides_neither_one_that_was_nor_what_is_known_of_the_place(canvas, show):
    show(layer("a", [square(0, 0, 3)], look=plain(BLUE)))
    place = Point(X, Y)
    canvas.set_sites([("p", place, "")])
    canvas.wait_idle()
    pixel = pixel_of(canvas)
    assert pixel(0, 0) == BLUE
    assert QColor(pixel(6, 0)).lightness() < 140, "the ring"
    judged, waiting = ("p", place, "prohibited"), ("q", Point(X + 1, Y), "")
    for both in ([judged, waiting], [waiting, judged]):
        canvas.set_sites(both)
        canvas.wait_idle()
        beside = QColor(pixel_of(canvas)(5, -3))
        assert beside.red() > beside.blue() + 60, "the mark of the verdict"


def test_the_distance_line_is_drawn_and_can_be_taken_away(canvas, show):
    pixel = show(layer("a", [square(0, 0, 100)], look=plain(WHITE)))
    canvas.highlight([LineString([(X - 50, Y - 50), (X + 50, Y - 50)])])
    canvas.wait_idle()
    assert pixel_of(canvas)(0, -50) != WHITE
    canvas.clear_highlight()
    canvas.wait_idle()
    assert pixel_of(canvas)(0, -50) == pixel(0, -50) == WHITE


@pytest.mark.parametrize(("east", "north", "corner"), [(-190, -135, (0, 254, 184, 300)), (185, 130, (354, 0, 400, 62))])
def test_words_at_evidence_leave_scale_bar_and_north_arrow_readable(canvas, show, east, north, corner):
    show(layer("a", [square(0, 0, 50)]))
    canvas.highlight([Point(X + east, Y + north)], "待重判，此前 123.4 m")
    canvas.wait_idle()
    image = canvas.grab().toImage()
    left, top, right, bottom = corner
    pink = {(x, y) for x in range(400) for y in range(300) if image.pixelColor(x, y).name() == "#d0006f"
            and max(abs(x - 200 - east), abs(y - 150 + north)) > 10}  # besides the evidence
    assert pink
    assert not {(x, y) for x, y in pink if left <= x < right and top <= y < bottom}


def test_evidence_is_taken_away_by_whoever_showed_it_and_not_what_is_shown_since(canvas, show):
    pixel = show(layer("a", [square(0, 0, 100)], look=plain(WHITE)))
    line = LineString([(X - 50, Y - 50), (X + 50, Y - 50)])
    former = canvas.highlight([line])
    latter = canvas.highlight([line])
    canvas.clear_highlight(former)
    canvas.wait_idle()
    assert pixel_of(canvas)(0, -50) != WHITE
    canvas.clear_highlight(latter)
    canvas.wait_idle()
    assert pixel_of(canvas)(0, -50) == pixel(0, -50) == WHITE


def test_grab_image_has_the_size_asked_for_and_everything_in_view(canvas, show):
    show(layer("a", [square(-150, 0, 30), square(150, 0, 30)]))
    image = canvas.grab_image(900, 300)
    assert (image.width(), image.height()) == (900, 300)
    assert image.pixelColor(300, 150).name() == image.pixelColor(600, 150).name() == RED
    assert not canvas.busy


def test_an_empty_map_says_what_to_do(canvas):
    lines = canvas._hint()
    assert "还没有图层" in lines[0]
    canvas.set_layers([layer("a", [square(0, 0, 10)], visible=False)])
    assert "已关闭" in canvas._hint()[0]


def test_one_layer_that_cannot_be_drawn_leaves_the_others(canvas, show):
    told = []
    canvas.layerFailed.connect(lambda name, words: told.append(name))
    broken = layer("broken", [square(0, 0, 60)], look=plain(BLUE, fill_opacity="half"))
    pixel = show(broken, layer("a", [square(0, 0, 30)]))
    assert pixel(0, 0) == RED
    assert set(told) == {"broken"}


def test_an_unfinished_picture_lies_over_the_last_whole_one(canvas, show):
    from PyQt5.QtGui import QImage

    pixel = show(layer("a", [square(0, 0, 50)]))
    half = QImage(400, 300, QImage.Format_ARGB32_Premultiplied)
    half.fill(0)
    half.setPixelColor(200, 150, QColor(BLUE))
    canvas._on_picture(canvas._submitted, half, False, 1.0)
    assert (pixel_of(canvas)(0, 0), pixel_of(canvas)(20, 0)) == (BLUE, pixel(20, 0))
    canvas.refresh()
    assert canvas.wait_idle()
    assert pixel_of(canvas)(0, 0) == RED


def test_a_late_picture_of_an_older_view_is_thrown_away(canvas, show):
    from PyQt5.QtGui import QImage

    show(layer("a", [square(0, 0, 50)]))
    old = canvas._submitted
    canvas.refresh()
    canvas.wait_idle()
    late = QImage(400, 300, QImage.Format_RGB32)
    late.fill(QColor(BLUE))
    canvas._on_picture(old, late, True, 1.0)
    assert pixel_of(canvas)(0, 0) == RED


def test_parts_outside_the_projection_are_told_and_not_drawn(canvas, show):
    told = []
    canvas.layerFailed.connect(lambda name, words: told.append(words))
    canvas.set_crs(3857)
    pole = shapely.box(10, 89, 20, 90)
    here = shapely.box(116.99, 28.8, 117.01, 29.2)
    canvas.set_layers([layer("a", [pole, here], crs=4490)])
    canvas.zoom_to((116.999, 28.9, 117.001, 28.902), crs=4490)
    assert canvas.wait_idle()
    assert canvas.grab().toImage().pixelColor(200, 150).name() == RED


def test_values_that_were_changed_are_drawn_and_named_anew_without_preparing_the_shapes_again(canvas, show):
    look = style(symbol(value="新", fill=BLUE, outline=BLUE), symbol(), field="kind")
    one = layer("a", [square(-50, 0, 40), square(50, 0, 40)], look=look, columns={"kind": ["旧", "旧"]})
    pixel = show(one)
    assert (pixel(-50, 0), pixel(50, 0)) == (RED, RED)
    boxes = dict(canvas._boxes)
    made = one.frame.copy(deep=False)
    made["kind"] = ["旧", "新"]
    one.set_values(made)
    canvas.set_layers(canvas.layers())  # nothing says that it has to be drawn again, but what is in it
    assert canvas.wait_idle()
    assert (pixel_of(canvas)(-50, 0), pixel_of(canvas)(50, 0)) == (RED, BLUE)
    assert list(canvas._boxes) == list(boxes)
    assert canvas._boxes[one.revision] is boxes[one.revision], "prepared once"


def test_a_picture_for_a_fine_screen_has_its_pixels(qapp):
    import threading

    from PyQt5.QtGui import QFont

    from gui.canvas.paint import Extras, Job, LayerShot, Picture, Workshop
    from gui.canvas.scene import View

    one = layer("a", [square(0, 0, 50)])
    shot = LayerShot(one.id, one.name, one.role, one.frame, one.revision, 1.0, one.style, None, None)
    job = Job(1, View(X, Y, 1.0, 200, 100), 2.0, "EPSG:4548", (shot,), Extras(), QFont(), QColor(WHITE))
    image = Picture(job, Workshop(), threading.Event()).paint()
    assert (image.width(), image.height()) == (400, 200)
    assert image.pixelColor(200 + 98, 100).name() == RED
    assert image.pixelColor(200 + 103, 100).name() == WHITE


def test_no_picture_is_grabbed_after_shutdown(canvas):
    canvas.shutdown()
    with pytest.raises(RuntimeError):
        canvas.grab_image(100, 100)


def test_a_table_without_geometry_is_refused_and_asked_nothing(canvas, show):
    told = []
    canvas.layerFailed.connect(lambda name, words: told.append(name))
    table = layer("table", [square(0, 0, 10)])
    table.set_frame(gpd.GeoDataFrame({"name": ["a"]}))
    pixel = show(table, layer("a", [square(0, 0, 30)]))
    assert pixel(0, 0) == RED
    assert set(told) == {"table"}
    got = []
    canvas.identified.connect(got.append)
    canvas.identify_at(canvas.rect().center())
    assert got == [[("a", 0)]]


def test_a_layer_with_new_features_is_drawn_anew(canvas, show):
    one = layer("a", [square(-100, 0, 30)])
    show(one)
    one.set_frame(gpd.GeoDataFrame(geometry=[square(100, 0, 30)], crs=4548))
    canvas.refresh()
    assert canvas.wait_idle()
    pixel = pixel_of(canvas)
    assert (pixel(-100, 0), pixel(100, 0)) == (WHITE, RED)


def test_a_name_makes_room_for_the_mark_of_a_site(canvas, show):
    def ink():
        image = canvas.grab().toImage()
        return {(x, y) for x in range(100, 300) for y in range(100, 200) if image.pixelColor(x, y).lightness() < 60}

    canvas.set_crs(4548)
    show(layer("a", [square(0, 0, 140)], look=plain("#ffffff"), columns={"name": ["某某生态保护红线"]}))
    free = ink()
    assert free
    middle = (sum(x for x, _y in free) / len(free), sum(y for _x, y in free) / len(free))
    assert abs(middle[1] - 150) < 8
    east, north = middle[0] - 200, 150 - middle[1]
    canvas.set_sites([("s", Point(X + east, Y + north), "permitted")])
    assert canvas.wait_idle()
    moved = ink()
    assert len(moved) > 0.5 * len(free), "the name is still there"
    assert not [at for at in moved if abs(at[0] - middle[0]) < 40 and abs(at[1] - middle[1]) < 8]
    canvas.set_sites([])
    assert canvas.wait_idle()
    assert len(ink() ^ free) <= 4, "where it was; the edge of a letter may be a shade lighter"


def test_a_name_stands_inside_or_outside_of_a_site_but_not_across_its_outline(canvas, show):
    def ink(image):
        return [(x, y) for x in range(60, 340) for y in range(60, 240) if image.pixelColor(x, y).lightness() < 60]

    show(layer("a", [square(0, 0, 145)], look=plain("#ffffff"), columns={"name": ["某某生态保护红线"]}))
    free = ink(canvas.grab().toImage())
    middle = sum(x for x, _y in free) / len(free) - 200, 150 - sum(y for _x, y in free) / len(free)
    # a site whose right side runs through the middle of the name
    canvas.set_sites([("s", square(middle[0] - 60, middle[1], 60), "permitted")])
    assert canvas.wait_idle()
    crossing = [at for at in ink(canvas.grab().toImage()) if abs(at[0] - 200 - middle[0]) < 12 and abs(150 - at[1] - middle[1]) < 8]
    assert crossing == []


def test_a_large_piece_of_evidence_leaves_the_map_under_it_readable(canvas, show):
    show(layer("a", [square(0, 0, 120)], look=plain(BLUE)))
    canvas.highlight([square(0, 0, 100)])
    canvas.wait_idle()
    pixel = pixel_of(canvas)
    inside = [pixel(x, y) for x in range(-80, 80, 3) for y in range(-80, 80, 7)]
    assert inside.count(BLUE) > 0.6 * len(inside), "most of the map is as it was"
    assert inside.count(BLUE) < 0.99 * len(inside), "and some of it is hatched"
    assert pixel(110, 0) == BLUE


def test_a_crowd_of_points_of_a_reference_layer_is_seen(canvas, show):
    from sanxian.mapping.styles import style_for

    places = np.random.default_rng(3).uniform(-95, 95, (100_000, 2)) + (X, Y)
    pixel = show(layer("many", list(shapely.points(places)), look=style_for("reference")))
    seen = [QColor(pixel(x, y)).lightness() for x in range(-80, 80, 5) for y in range(-80, 80, 5)]
    assert np.mean(seen) < 140


def test_a_raster_written_anew_is_drawn_anew(tmp_path, canvas, show):
    from gui.canvas.raster import Placed
    from gui.canvas.scene import MapLayer

    path = tmp_path / "dem.tif"

    def write(value):
        with rasterio.open(path, "w", driver="GTiff", width=40, height=40, count=3, dtype="uint8", crs="EPSG:4548",
                           transform=rasterio.transform.from_origin(X - 80, Y + 80, 4, 4)) as target:  # fmt: skip
            target.write(np.full((3, 40, 40), value, np.uint8))

    write(40)
    one = MapLayer("dem", "dem", "raster", raster=Placed(path, "", "1"))
    pixel = show(one)
    write(200)
    one.raster = Placed(path, "", "2")
    canvas.refresh()
    assert canvas.wait_idle()
    assert (pixel(0, 0), pixel_of(canvas)(0, 0)) == ("#282828", "#c8c8c8")

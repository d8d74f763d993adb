"""Coordinates as people type and paste them: read to the very place, or refused with the line and what is wrong."""

from __future__ import annotations

import contextlib

import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import CRS
from PyQt5.QtCore import Qt

from gui.coordinates import CoordinateError, geometry, parse, zone_crs
from gui.dialogs.coordinates import CoordinatesDialog
from gui.dialogs.go_to import GoTo
from gui.panels.status import StatusBar
from gui.places import Index, coordinates
from gui.words import dms
from layers.angles import parse_angle
from sanxian.i18n import language, set_language

QUICK = settings(max_examples=200, deadline=None, derandomize=True, database=None)


def read(text, kind="lonlat", **more):
    return [(round(x, 6), round(y, 6)) for x, y in parse(text, kind, **more).points]


@pytest.mark.parametrize(("text", "points"), [
    ("1 115.98 29.71\n2 115.99 29.72", [(115.98, 29.71), (115.99, 29.72)]),
    ("29.71,115.98", [(115.98, 29.71)]),
    ("116.0125° 29.7030°", [(116.0125, 29.703)]),
    ("116.014120°E  29.704030°N", [(116.01412, 29.70403)]),
    ("109°1101E25°2708N", [(109.183611, 25.452222)]),
    ("长崖大坳(109°1101E25°2708N)", [(109.183611, 25.452222)]),
    ("拐点 (116°18′57″E,29°06′52″N)", [(116.315833, 29.114444)]),
    ("115°58′48″ 29°42′36″", [(115.98, 29.71)]),
    ("东经115度58分48秒，北纬29度42分36秒", [(115.98, 29.71)]),
    ("北纬29°42′36″；东经115°58′48″", [(115.98, 29.71)]),
    ("N29°42′36″E115°58′48″", [(115.98, 29.71)]),
    ("115°58'48''E\t29°42'36''N", [(115.98, 29.71)]),
    ("115º58’48”　29º42’36”", [(115.98, 29.71)]),
    ("１１５°５８′４８″、２９°４２′３６″", [(115.98, 29.71)]),
    ("115°58′48,0″ 29°42′36,0″", [(115.98, 29.71)]),
    ("115:58:48 29:42:36", [(115.98, 29.71)]),
    ("115d58m48s 29d42m36s", [(115.98, 29.71)]),
    ("115 58 48 29 42 36", [(115.98, 29.71)]),
    ("116 30 29 40", [(116.5, 29.666667)]),
    ("经度115.98 纬度29.71", [(115.98, 29.71)]),
    ("lon: 115.98, lat: 29.71", [(115.98, 29.71)]),
    ("116,0125 29,7030", [(116.0125, 29.703)]),
    ("116,0125;29,7030", [(116.0125, 29.703)]),
    ("30 29.7030 116.0125", [(116.0125, 29.703)]),  # point 30, no 30°29.703′
    ("J1、116.0125、29.7030；", [(116.0125, 29.703)]),
    ("①116.0125 29.7030", [(116.0125, 29.703)]),
    ("P-7 1 116.0125 29.7030", [(116.0125, 29.703)]),
    ("D1 116°30′ 29°40′", [(116.5, 29.666667)]),
    ("点号,经度,纬度\n1,115.98,29.71", [(115.98, 29.71)]),
])
def test_degrees_are_read_as_people_write_them(text, points):
    assert read(text) == points


@pytest.mark.parametrize(("text", "point"), [
    ("J1,1,3288765.4,401234.5", (401234.5, 3288765.4)),
    ("3288765.4 39401234.5", (39401234.5, 3288765.4)),
    ("3,288,765.4 401,234.5", (401234.5, 3288765.4)),
    ("3,288,765.40,401,234.50", (401234.5, 3288765.4)),
    ("3288765,4 401234,5", (401234.5, 3288765.4)),
    ("3288765,401234", (401234, 3288765)),
    ("X=3288765.4m，Y=401234.5m", (401234.5, 3288765.4)),
    ("东401234.5 北3288765.4", (401234.5, 3288765.4)),
    ("12\t３２８８７６５.４\t401234.5", (401234.5, 3288765.4)),
])
def test_metres_are_read_as_people_write_them(text, point):
    assert read(text, "gauss") == [point]


@pytest.mark.parametrize(("text", "kind", "words"), [
    ("", "lonlat", "没有坐标"), ("abc", "lonlat", "第 1 行不是一对坐标"), ("12 13", "lonlat", "不是中国境内"),
    ("116.01°W 29.7°S", "lonlat", "第 1 行不是中国境内"), ("西经116.01 北纬29.7", "lonlat", "不是中国境内"),
    ("116.01 南纬29.7", "lonlat", "不是中国境内"), ("-116.01 29.7", "lonlat", "不是中国境内"),
    ("116.01 29.7\n116.02 29.7 x", "lonlat", "第 2 行不是一对坐标"), ("116.01 29.7 15.3", "lonlat", "不是一对坐标"),
    ("116.0² 29.7", "lonlat", "不是一对坐标"), ("1.16E2 29.7", "lonlat", "不是一对坐标"),
    ("116°30′", "lonlat", "不是一对坐标"), ("116°30 29", "lonlat", "不是一对坐标"),
    ("116°10′~116°25′,28°51′~29°08′", "lonlat", "不是一对坐标"), ("116.01E 115.01E", "lonlat", "第 1 行不是"),
    ("29,116,5", "lonlat", "第 1 行有几种读法"),
    ("115°70′ 29°10′", "lonlat", "分或秒"),
    ("401234.5 3288765.4", "gauss", "X、Y 的顺序"), ("3288765.4 401234.5 23.1", "gauss", "不是一对坐标"),
    ("3.29E+06 4.01E+05", "gauss", "不是一对坐标"),
    ("3288765.4 39401234.5\n3288765.4 401234.5", "gauss", "带号"),
])
def test_what_is_no_coordinate_is_said_and_not_guessed(text, kind, words):
    with pytest.raises(CoordinateError, match=words):
        parse(text, kind)


LON, LAT = st.floats(73, 135.5), st.floats(3.5, 53.5)


@QUICK
@given(LON, LAT)
@example(115.9999999999, 29.5)
def test_what_the_status_bar_says_of_degrees_is_the_same_place(lon, lat):
    for text, close in ((f"{lon:.6f}°E  {lat:.6f}°N", 5.1e-7), (f"{dms(lon, 'E', 'W')}  {dms(lat, 'N', 'S')}", 1.4e-6)):
        assert parse(text, "lonlat").points[0] == pytest.approx((lon, lat), abs=close)
        assert coordinates(text, 4548)[0].xy == pytest.approx((lon, lat), abs=close)


@pytest.mark.parametrize("words", ["zh", "en"])
def test_the_status_bars_own_words_are_read_back(qtbot, words):
    was = language()
    set_language(words)
    try:
        bar = StatusBar()
        qtbot.addWidget(bar)
        bar.set_place(116.01412, 29.70403, 401234.5, 3288765.4)
        for expected in ((116.01412, 29.70403), (116.01412, 29.70403), (401234.5, 3288765.4)):
            assert coordinates(bar.coordinates.text(), 4548)[0].xy == pytest.approx(expected, abs=1.5e-6)
            qtbot.mouseClick(bar.form, Qt.LeftButton)
    finally:
        set_language(was)


ANGLES = (
    lambda d, m, s, axis: f"{d}°{m:02d}′{s:05.2f}″", lambda d, m, s, axis: f"{d}°{m:02d}{int(s):02d}{axis}",
    lambda d, m, s, axis: f"{d}度{m}分{s:.2f}秒", lambda d, m, s, axis: f"{axis}{d}º{m}'{s:.2f}''", lambda d, m, s, axis: f"{d}:{m}:{s:.2f}",
    lambda d, m, s, axis: f"{d} {m} {s:.2f}", lambda d, m, s, axis: f"{d + m / 60 + s / 3600:.7f}°{axis}",
    lambda d, m, s, axis: f"{'东经' if axis == 'E' else '北纬'}{d}°{m + s / 60:.5f}′", lambda d, m, s, axis: f"{d + m / 60 + s / 3600:.7f}",
)


@QUICK
@given(st.sampled_from(ANGLES), st.tuples(st.integers(73, 134), st.integers(0, 59), st.floats(0, 59.99)),
       st.tuples(st.integers(4, 52), st.integers(0, 59), st.floats(0, 59.99)),
       st.sampled_from([" ", ",", "，", "\t", "、", "；", "  , ", "/"]), st.sampled_from(["", "1 ", "J12,", "3\t1\t", "拐点5："]), st.booleans())
def test_every_spelling_is_read_within_its_rounding_or_refused(spell, east, north, between, label, north_first):
    both = [(spell(*east, "E"), east), (spell(*north, "N"), north)]
    text = label + between.join(word for word, _ in (both[::-1] if north_first else both))
    try:
        lon, lat = parse(text, "lonlat").points[0]
    except CoordinateError:
        # Blanks alone between numbers of which some are a label: refused where two readings are left.
        assert label or between in (" ", "\t", "  , ")
        return
    for found, (word, (d, m, s)) in zip((lon, lat), both, strict=True):
        assert found == pytest.approx(d + m / 60 + s / 3600, abs=1 / 3600 if f"°{m:02d}{int(s):02d}" in word else 2e-6), text


@QUICK
@given(st.text(alphabet="0123456789.°′″'\"度分秒NSEW东西南北经纬-+ ,:：，;；º´XYJ()（）", max_size=30))
def test_whatever_is_typed_is_a_place_in_china_or_refused(text):
    for kind in ("lonlat", "gauss"):
        with contextlib.suppress(CoordinateError):
            for x, y in parse(text, kind).points:
                assert (72 <= x <= 136 and 3 <= y <= 54) if kind == "lonlat" else y <= 6_000_000


@QUICK
@given(st.sampled_from(ANGLES), st.tuples(st.integers(73, 134), st.integers(0, 59), st.floats(0, 59.99)))
def test_one_angle_means_in_a_cell_what_it_means_in_the_dialog(spell, east):
    word = spell(*east, "E")
    with contextlib.suppress(CoordinateError):
        other = spell(30, 15, 30.0, "N")
        assert parse(f"{word}; {other}", "lonlat").points[0] == pytest.approx((parse_angle(word), parse_angle(other)))


# --- zones of 6 degrees, and degrees that run together -----------------------------------------------------------------

METRES = (
    lambda n, e: f"{n:.3f} {e:.3f}", lambda n, e: f"{n:.3f},{e:.3f}", lambda n, e: f"X={n:.3f} Y={e:.3f}", lambda n, e: f"北{n:.3f} 东{e:.3f}",
    lambda n, e: f"{n:,.3f} {e:,.3f}", lambda n, e: f"{n:.3f}m；{e:.3f}m", lambda n, e: f"东{e:.3f}米、北{n:.3f}米",
)


@QUICK
@given(st.sampled_from(METRES), st.sampled_from([0, *range(13, 24), *range(25, 46)]), st.integers(100_000_000, 900_000_000),
       st.integers(300_000_000, 6_000_000_000), st.sampled_from(["", "1 ", "J12,", "3\t1\t", "拐点5："]))
def test_metres_of_every_zone_come_back_to_the_millimetre_or_are_refused(spell, zone, east, north, label):
    east, north = zone * 1e6 + east / 1000, north / 1000
    text = label + spell(north, east)
    try:
        parsed = parse(text, "gauss", six=zone < 24)
    except CoordinateError:
        assert label, text
        return
    assert parsed.points[0] == pytest.approx((east, north), abs=1e-3)
    assert parsed.zone == (zone or None)
    for other in coordinates(text, 4490) if zone else ():
        assert other.xy == pytest.approx((east, north), abs=1e-3)


@pytest.mark.parametrize("zone", [*range(13, 24), *range(25, 46)])
def test_a_zone_number_names_the_crs_with_this_number_in_its_eastings(zone):
    crs = CRS(zone_crs(zone))
    easting = next(one.value for one in crs.coordinate_operation.params if one.name == "False easting")
    meridian = next(one.value for one in crs.coordinate_operation.params if one.name == "Longitude of natural origin")
    assert easting == zone * 1e6 + 5e5
    assert meridian == (6 * zone - 3 if zone < 24 else 3 * zone)


@pytest.mark.parametrize("east", [12_500_000, 24_500_000, 46_500_000, 20_050_000, 39_950_000, 1_160_030])
def test_an_easting_of_no_zone_is_refused(east):
    with pytest.raises(CoordinateError, match="东坐标不合理"):
        parse(f"3288765.4 {east}", "gauss")


def test_what_may_be_web_mercator_is_left_to_the_person():
    text = "3288765.4 13500000.0"
    with pytest.raises(CoordinateError, match=r"6° 带的 13 带（EPSG:4491），或网页墨卡托（EPSG:3857，即 121.27\d+, 28.31\d+）"):
        parse(text, "gauss")
    assert parse(text, "gauss", six=True).zone == 13
    assert [place.key for place in coordinates(text, 4548)] == ["EPSG:4491", "EPSG:3857"]
    assert parse("3288765.4 15500000.0", "gauss").zone == 15  # in Web Mercator that is beyond China


RUN = (lambda d, m, s: f"{d}{m:02d}{s:02d}", lambda d, m, s: f"{d}{m:02d}{s:02d}.5", lambda d, m, s: f"{d:03d}{m:02d}{s:02d}.12345")


@QUICK
@given(st.sampled_from(RUN), st.tuples(st.integers(73, 134), st.integers(0, 59), st.integers(0, 59)),
       st.tuples(st.integers(4, 52), st.integers(0, 59), st.integers(0, 59)),
       st.sampled_from([" ", ",", "，", "\t", "、", "；", "  , ", "/"]), st.sampled_from(["", "1 ", "J12,", "3\t1\t", "拐点5："]), st.booleans())
def test_degrees_that_run_together_are_read_to_the_second_or_refused(spell, east, north, between, label, north_first):
    words = [spell(*east), spell(*north)]
    whole = float(words[0][-7:] if "." in words[0] else 0) % 1
    try:
        parsed = parse(label + between.join(words[::-1] if north_first else words), "lonlat")
    except CoordinateError:
        assert label or len(words[1].split(".")[0]) > 6
        return
    expected = tuple(d + m / 60 + (s + whole) / 3600 for d, m, s in (east, north))
    assert parsed.points[0] == pytest.approx(expected, abs=1e-8)  # a millimetre
    assert parsed.run_together == parsed.points


@pytest.mark.parametrize("text", ["1166030 294210", "1160060 294210", "1160030 1170030", "0294210 0304210", "1160030N 294210E",
                                  "1160030E 294210E", "11600300 294210"])
def test_what_does_not_run_together_is_refused(text):
    with pytest.raises(CoordinateError):
        parse(text, "lonlat")


def test_numbers_that_are_metres_or_degrees_are_offered_as_both(opened, qtbot):
    text = "1160030 294210"
    degrees = pytest.approx((116 + 30 / 3600, 29 + 42 / 60 + 10 / 3600))
    assert [(place.key, place.xy) for place in coordinates(text, 4548)] == [
        ("EPSG:4490", degrees), ("EPSG:4548", (294210, 1160030))]
    assert [place.key for place in coordinates(text, 4490)] == ["EPSG:4490"]
    dialog = GoTo(opened.session, Index(), 4548)
    qtbot.addWidget(dialog)
    chosen = []
    dialog.chosen.connect(chosen.append)
    dialog.show()
    qtbot.keyClicks(dialog.text, text)
    qtbot.waitUntil(lambda: dialog.list.count() == 2)
    assert "几种读法" in dialog.said.text()
    qtbot.keyClick(dialog.text, Qt.Key_Return)
    assert chosen == [], "Enter takes none of several"
    qtbot.keyClick(dialog.text, Qt.Key_Down)
    qtbot.keyClick(dialog.text, Qt.Key_Down)
    qtbot.keyClick(dialog.text, Qt.Key_Return)
    assert [place.key for place in chosen] == ["EPSG:4548"]


def test_the_dialog_says_which_zone_and_which_other_reading(opened, qtbot):
    dialog = CoordinatesDialog(opened.engine, 4548, opened.looks, opened)
    qtbot.addWidget(dialog)
    dialog.shape.setCurrentIndex(dialog.shape.findData("point"))

    def says(system, text):
        dialog.system.setCurrentIndex(next(i for i in range(dialog.system.count()) if dialog.system.itemData(i)[1] == system))
        dialog.text.setPlainText(text)
        return dialog.said.text()

    assert "EPSG:4498" in says("EPSG:4548", "3288765.4 20401234.5")
    assert "6° 带的 20 带号" in dialog.said.text()
    assert dialog.crs == "EPSG:4498"
    assert "网页墨卡托" in says("EPSG:4548", "3288765.4 13500000")
    assert dialog.crs == ""
    assert "EPSG:4491" in says("EPSG:4502", "3288765.4 13500000")
    assert "读作 116°00′30″  29°42′10.5″" in says("EPSG:4490", "1160030 294210.5")
    assert "也可能是连写的度分秒 116°00′30″" in says("EPSG:4548", "1160030 294210")
    assert dialog.crs == "EPSG:4548"
    assert "度分秒" not in says("EPSG:4548", "3288765.4 401234.5")


METRES = "3288765.4 39401234.5\n3288865.4 39401234.5\n3288865.4 39401334.5\n3288765.4 39401334.5"


@pytest.mark.parametrize(("text", "crs", "bare", "north_first"), [
    (METRES, "EPSG:4527", "EPSG:4548", True),
    ("\n".join(",".join(reversed(line.split())) for line in METRES.splitlines()), "EPSG:4527", "EPSG:4548", False),
    (METRES.replace("394", "204"), "EPSG:4498", "EPSG:4509", True),
])
def test_pasted_metres_with_a_zone_number_show_their_system_themselves(opened, qtbot, text, crs, bare, north_first):
    dialog = CoordinatesDialog(opened.engine, 4548, opened.looks, opened)
    qtbot.addWidget(dialog)
    dialog.text.setPlainText(text)
    assert (dialog.crs, dialog.system.currentData()[1], dialog.north_first.isChecked()) == (crs, bare, north_first)
    assert "带号" in dialog.said.text()
    assert "m²" in dialog.said.text()
    dialog.text.setPlainText("116.01 29.70\n116.02 29.70\n116.02 29.71")  # and what is pasted next, its own
    assert (dialog.crs, dialog.system.currentData()[1]) == ("EPSG:4490", "EPSG:4490")


@pytest.mark.parametrize(("ring", "system", "fine"), [
    ("38", "EPSG:4548", False), ("39", "EPSG:4548", True), ("38", "EPSG:4547", True), ("1", "EPSG:4548", True),
    ("20", "EPSG:4509", True), ("20", "EPSG:4548", False), ("50", "EPSG:4548", True)])
def test_a_zone_number_in_a_column_of_its_own_is_no_ring(opened, qtbot, ring, system, fine):
    dialog = CoordinatesDialog(opened.engine, 4548, opened.looks, opened)
    qtbot.addWidget(dialog)
    dialog.system.setCurrentIndex(next(i for i in range(dialog.system.count()) if dialog.system.itemData(i)[1] == system))
    spots = ["3288532.732 693570.493", "3288536.083 693764.104", "3288757.847 693760.263"]
    dialog.text.setPlainText("\n".join(f"J{number} {ring} {spot}" for number, spot in enumerate(spots, 1)))
    assert (dialog.crs == system) is fine, dialog.said.text()
    assert ("像是带号" in dialog.said.text()) is not fine


def test_metres_that_leave_their_zone_open_and_a_choice_of_a_person_are_not_overruled(opened, qtbot):
    dialog = CoordinatesDialog(opened.engine, 4548, opened.looks, opened)
    qtbot.addWidget(dialog)
    dialog.text.setPlainText(METRES.replace(" 39", " "))
    assert dialog.crs == ""
    assert "没有带号" in dialog.said.text()
    dialog.text.setPlainText("3288765.4 13500000")
    assert dialog.crs == ""
    assert "网页墨卡托" in dialog.said.text()
    dialog.text.setPlainText("12345678 23456789")
    assert dialog.crs == ""
    assert "不是一对坐标" in dialog.said.text()
    qtbot.keyClick(dialog.system, Qt.Key_Down)
    qtbot.keyClick(dialog.system, Qt.Key_Up)  # degrees, by a person's own choice
    dialog.text.setPlainText(METRES)
    assert dialog.crs == ""
    assert "请在“坐标系”里选高斯带" in dialog.said.text()
    assert dialog.system.currentData()[0] == "lonlat"


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("eastings", "line", "said"), [
    (("39403318.138", "39403705.463", "38694033.17"), 3, ("带号是 38", "第 1 行的是 39")),
    (("38694033.17", "39403705.463", "39403318.138"), 1, ("带号是 38", "第 2 行的是 39")),
    (("38694033.17", "39403705.463"), 2, ("带号是 39", "第 1 行的是 38")),
    (("39403318.138", "403705.463", "39403318.138"), 2, ("没有带号", "第 1 行的带号是 39")),
    (("403318.138", "403705.463", "39403318.138"), 3, ("有带号 39", "第 1 行的没有")),
])
def test_a_line_of_another_zone_is_named_with_both_zones(opened, qtbot, eastings, line, said, swapped):
    pairs = [(f"{3287165.193 + 900 * number:.3f}", easting) for number, easting in enumerate(eastings)]
    rows = [" ".join(pair[::-1] if swapped else pair) for pair in pairs]
    text = "\n".join(rows)
    with pytest.raises(CoordinateError) as error:
        parse(text, "gauss", north_first=not swapped)
    dialog = CoordinatesDialog(opened.engine, 4548, opened.looks, opened)
    qtbot.addWidget(dialog)
    dialog.text.setPlainText(text)
    assert dialog.crs == ""
    for words in (str(error.value), dialog.said.text()):
        for one in (f"第 {line} 行", rows[line - 1], *said):
            assert one in words


def test_the_line_at_which_metres_cannot_be_read_is_named(opened, qtbot):
    dialog = CoordinatesDialog(opened.engine, 4548, opened.looks, opened)
    qtbot.addWidget(dialog)
    for text, said in (("3287165.193 39403318.138\n39403705.463 3287184.027\n3288097.084 39404033.17", "第 2 行的东坐标不合理"),
                       ("3287165.193 39403318.138\n3287184.027", "第 2 行不是一对坐标"),
                       ("116.1 29.2\n116.1 29.3\n3288097.084 39404033.17", "第 3 行不是一对坐标")):
        dialog.text.setPlainText(text)
        assert dialog.crs == ""
        assert said in dialog.said.text()


def test_what_a_text_showed_is_forgotten_with_it(opened, qtbot):
    """Metres without a zone number were put into the zone of the text before, 290 km away."""
    dialog = CoordinatesDialog(opened.engine, 4548, opened.looks, opened)
    qtbot.addWidget(dialog)
    bare = METRES.replace(" 39", " ")
    swapped = "\n".join(" ".join(reversed(line.split())) for line in METRES.replace(" 394", " 384").splitlines())
    dialog.text.setPlainText(swapped)
    assert (dialog.crs, dialog.system.currentData()[1], dialog.north_first.isChecked()) == ("EPSG:4526", "EPSG:4547", False)
    dialog.text.setPlainText(bare)
    assert dialog.crs == ""
    assert "没有带号" in dialog.said.text()
    assert dialog.system.currentData()[0] == "lonlat"
    dialog.text.setPlainText(METRES)  # another zone, the other order
    assert (dialog.crs, dialog.system.currentData()[1], dialog.north_first.isChecked()) == ("EPSG:4527", "EPSG:4548", True)
    dialog.text.setPlainText(bare)
    qtbot.keyClick(dialog.system, Qt.Key_Down)  # now a person's own choice
    assert dialog.crs == "EPSG:4548"
    dialog.text.setPlainText(METRES.replace(" 394", " 384"))
    assert dialog.crs == "", "the box would say another zone than the numbers"
    assert "38 带号" in dialog.said.text()
    assert "114°" in dialog.said.text()
    assert dialog.system.currentData()[1] == "EPSG:4548"


def test_the_order_that_a_person_ticks_stays(opened, qtbot):
    dialog = CoordinatesDialog(opened.engine, 4548, opened.looks, opened)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.text.setPlainText(METRES)
    dialog.north_first.click()
    assert dialog.crs == ""
    dialog.text.setPlainText(METRES + "\n")
    assert not dialog.north_first.isChecked()
    assert dialog.crs == ""


# --- rings -----------------------------------------------------------------------------------------------------------

OUTER = ["3290000 400000", "3290000 401000", "3291000 401000", "3291000 400000"]
HOLE = ["3290400 400400", "3290400 400600", "3290600 400600", "3290600 400400"]


def shaped(text, shape="polygon"):
    return geometry(parse(text, "gauss").parts, shape)


def numbered(*rings, points=True):
    lines, count = [], 0
    for number, ring in enumerate(rings, 1):
        for line in ring:
            count += 1
            lines.append(f"J{count} {number} {line}" if points else f"{number} {line}")
    return "\n".join(lines)


@pytest.mark.parametrize("text", [
    numbered(OUTER, HOLE),
    numbered([*OUTER, OUTER[0]], [*HOLE, HOLE[0]]),
    numbered(HOLE, OUTER),  # the hole first
    "点号 圈号 X Y\n" + numbered(OUTER, HOLE),
    "圈号 X Y\n" + numbered(OUTER, HOLE, points=False),
    "\n".join(OUTER) + "\n\n" + "\n".join(HOLE),
    "\n\n".join(["\n".join([*OUTER, OUTER[0]]), "\n".join([*HOLE, HOLE[0]])]) + "\n\n",
    "\n".join([*OUTER, OUTER[0], *HOLE, HOLE[0]]),  # each closed by its first point
    "\n".join(f"1 {at} {line}" for at, line in enumerate(OUTER, 1)) + "\n"
    + "\n".join(f"2 {at} {line}" for at, line in enumerate(HOLE, 1)),  # parcel, then point
])
def test_rings_are_told_apart(text):
    found = shaped(text)
    assert found.area == pytest.approx(1_000_000 - 40_000)
    assert len(found.interiors) == 1


def test_an_island_in_a_hole_and_a_second_piece():
    island = ["3290450 400450", "3290450 400550", "3290550 400550", "3290550 400450"]
    far = ["3295000 400000", "3295000 400100", "3295100 400100"]
    found = shaped(numbered(island, HOLE, OUTER, far))
    assert found.area == pytest.approx(960_000 + 10_000 + 5_000)
    assert len(found.geoms) == 3


def test_lines_that_are_all_blank_between_are_one_ring():
    assert shaped("\n\n".join(OUTER)).area == pytest.approx(1_000_000)


def test_parts_of_a_line_stay_apart():
    assert shaped(numbered(OUTER, HOLE), "line").geom_type == "MultiLineString"
    assert shapely.get_num_geometries(shaped(numbered(OUTER, HOLE), "point")) == 8


@pytest.mark.parametrize(("text", "words"), [
    ("\n".join([*OUTER, OUTER[0], *HOLE]), "回到了起点"),  # is the rest a ring?
    (numbered([*OUTER, OUTER[0], *HOLE[:2]], HOLE), "回到了起点"),
    ("\n".join(f"J{at} {line}" for ring in (OUTER, HOLE) for at, line in enumerate(ring)), "点号 J0"),
    (numbered(OUTER) + "\nJ9 3290400 400400", "第 5 行没有圈号"),
    ("\n".join(OUTER) + "\n\n" + "\n".join(HOLE[:2]), "每一圈至少要三个"),
    (numbered(OUTER[:2], HOLE), "属于同一圈|每一圈"),
    ("\n".join(f"J{at} {ring} {line}" for at, (ring, line) in enumerate(zip([1, 2] * 4, OUTER + HOLE, strict=True))), "同一圈"),
    (numbered(OUTER, ["3290400 400400", "3290400 402000", "3290600 402000", "3290600 400400"]), "互相交叉"),
    (numbered(OUTER, OUTER), "互相交叉或重合"),
    ("3290000 400000\n3291000 401000\n3291000 400000\n3290000 401000", "自相交"),
])
def test_a_list_that_is_not_clear_is_refused(text, words):
    with pytest.raises(CoordinateError, match=words):
        shaped(text)


@pytest.mark.parametrize("text", [
    "1,1,1160030,294210", "J1\t1\t1160030\t294210", "2 1 294210 1160030", "1,1,116 00 30,29 42 10", "1 1 116 00 30 29 42 10",
    "J1 第1圈 1160030 294210", "1,1,E1160030,N294210", "1,1,116:00:30,29:42:10", "1,1,116度00分30秒,29度42分10秒"])
def test_point_and_ring_number_may_stand_before_any_spelling(text):
    (lon, lat), = parse(text, "lonlat").points
    assert (lon, lat) == pytest.approx((116 + 30 / 3600, 29 + 42 / 60 + 10 / 3600))


@pytest.mark.parametrize("text", ["1,1,116,29", "1,1,1166030,294210", "1,1,1,1160030,294210"])
def test_with_numbers_before_it_nothing_is_guessed_either(text):
    with pytest.raises(CoordinateError):
        parse(text, "lonlat")


def test_rings_of_packed_degrees_are_told_apart_by_their_number():
    text = "\n".join(f"{at},{ring},{1160000 + 100 * x},{294200 + 10 * y}" for ring in (1, 2)
                     for at, (x, y) in enumerate([(2 * ring, 0), (2 * ring + 1, 0), (2 * ring, 1)], 1))
    assert [len(part) for part in parse(text, "lonlat").parts] == [3, 3]

"""Finding a coordinate system by what people call it."""

from __future__ import annotations

import pytest
from pyproj import CRS
from PyQt5.QtCore import Qt

from gui.dialogs.system import SystemDialog
from gui.systems import _OLD, _ZONES, USUAL, _hay, called, find
from sanxian.i18n import set_language

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


@pytest.mark.parametrize(("text", "first"), [
    ("CGCS2000 117", "EPSG:4548"), ("117", "EPSG:4548"), ("中央经线 114", "EPSG:4547"), ("39 带", "EPSG:4527"), ("第39带", "EPSG:4527"),
    ("cgcs2000 3度带 38带", "EPSG:4526"), ("zone 39", "EPSG:4527"), ("117E", "EPSG:4548"), ("4549", "EPSG:4549"), ("EPSG:4490", "EPSG:4490"),
    ("epsg 4490", "EPSG:4490"), ("６度带 20带", "EPSG:4498"), ("西安80 39带", "EPSG:2363"), ("北京54 中央经线117", "EPSG:2436"),
    ("wgs84", "EPSG:4326"), ("WGS 84 / UTM zone 50N", "EPSG:32650"), ("web 墨卡托", "EPSG:3857"), ("经纬度", "EPSG:4490"),
])
def test_what_people_call_a_system_finds_it(text, first):
    assert find(text)[0] == first


@pytest.mark.parametrize("text", ["", "   ", "无此系", "4545-4551", "999999", "//"])
def test_what_names_no_system_finds_none(text):
    assert find(text) == []


def test_zones_and_meridians_are_those_of_the_database():
    """The search works by numbers of ours; the database says what they are."""
    for code in (*_ZONES, *_OLD):
        name = CRS.from_epsg(code).name
        told = _hay(code).split()
        meridian = [one.value for one in CRS.from_epsg(code).coordinate_operation.params if "longitude" in one.name.lower()][0]
        assert f"{meridian:.0f}e" in told, name
        assert ("zone" in name) == (told.count("zone") == 2), name
        if "zone" in name:
            assert name.split()[-1] in told, name
        assert told[1][:4] in name.casefold().replace(" ", ""), name


def test_the_list_speaks_the_language():
    try:
        for code in (one for one in USUAL if one != 3857):
            set_language("zh")
            assert "zone" not in called(f"EPSG:{code}")
            assert "CM" not in called(f"EPSG:{code}")
            set_language("en")
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in called(f"EPSG:{code}"))
    finally:
        set_language("zh")


def test_the_map_s_system_is_chosen_by_its_meridian(qtbot, opened):
    dialog = opened.ask_crs()
    assert isinstance(dialog, SystemDialog)
    assert dialog.choice() == f"EPSG:{opened.canvas.crs}"
    qtbot.keyClicks(dialog.search, "CGCS2000 114")
    assert "114°E" in dialog.list.item(0).text()
    qtbot.keyClick(dialog.search, Qt.Key_Down)
    qtbot.keyClick(dialog.search, Qt.Key_Up)
    qtbot.keyClick(dialog.search, Qt.Key_Return)
    assert opened.canvas.crs == 4547
    dialog = opened.ask_crs()
    dialog.search.insert("哪里都没有")
    assert "没有找到" in dialog.none.text()
    assert not dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    qtbot.keyClick(dialog.search, Qt.Key_Return)
    assert dialog.isVisible()
    dialog.reject()

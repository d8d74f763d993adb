"""What reading noticed about a layer: the same number and the same words wherever it is told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PyQt5.QtCore import QPointF
from PyQt5.QtWidgets import QListWidget

from gui.dialogs.layer_properties import LayerProperties
from gui.dialogs.place_map import away_words
from gui.engine import issue_words
from gui.panels.layers import TOLD, trouble
from layers.issues import Issue, said_values
from layers.read import list_layers

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)

ISSUES = (
    Issue("geometry-missing", 3, None, "error"), Issue("coordinate-unreadable", 5, "经度", "error", {"value": "甲"}),
    Issue("coordinate-swapped", 6, "经度", "warning", {"lon": 116, "lat": 29}), Issue("geometry-missing", 7, None, "error"),
    Issue("crs-matched", None, None, "info", {"stated": "x", "crs": "EPSG:4490"}),
)  # fmt: skip


def record(issues):
    return SimpleNamespace(issues=issues, coverage="known", crs="EPSG:4490", version=None, data_date=None, accuracy_m=None, source=None,
                           features=3, sha256="0" * 64, file="a.shp", name="甲", encoding=None, geometry_type="Polygon", scale=None)


def view(issues):
    return SimpleNamespace(error="", record=record(issues), role="wetland", raster=None, name="甲", key="甲")


def test_the_tip_tells_the_first_few_and_how_many_there_are():
    kind, why = trouble(view(ISSUES))
    assert kind == "broken"
    assert "4 处要留意" in why
    assert all(issue_words(one) in why for one in ISSUES[:2])
    assert why.count("\n") >= TOLD
    assert "其余见图层属性" in why
    _kind, why = trouble(view(ISSUES[2:3]))
    assert "1 处要留意" in why
    assert issue_words(ISSUES[2]) in why
    assert "其余" not in why


def test_the_properties_count_the_same_and_show_all_of_each(qtbot):
    long = Issue("coordinate-unreadable", 5, "经度", "error", {"value": "很长的一段文字" * 40})
    noticed = [(issue_words(one), one.severity) for one in (*ISSUES, long)]
    dialog = LayerProperties(view(ISSUES), "湿地", [], [], noticed)
    qtbot.addWidget(dialog)
    dialog.resize(500, 400)
    dialog.show()
    at = next(at for at in range(dialog.tabs.count()) if "读取时的问题" in dialog.tabs.tabText(at))
    assert dialog.tabs.tabText(at) == "读取时的问题 5"
    dialog.tabs.setCurrentIndex(at)
    shown = dialog.findChild(QListWidget, "properties_issues")
    qtbot.wait(50)
    texts = [shown.item(row).text() for row in range(shown.count())]
    assert len(texts) == 6
    assert texts[-1].startswith("备查")
    row = next(row for row, text in enumerate(texts) if "很长" in text)
    line = shown.fontMetrics().height()
    width = shown.fontMetrics().horizontalAdvance(texts[row])
    assert shown.visualItemRect(shown.item(row)).height() >= line * (width // shown.viewport().width())


def test_a_field_that_is_called_as_its_title_is_said_once():
    said = said_values({"title": "分区", "title_en": "zone", "field": "zone"}, lambda text: f"en:{text}")
    assert said["field"] == "zone"
    said = said_values({"title": "分区", "title_en": "zone", "field": "GNFQ"}, lambda text: f"en:{text}")
    assert said["field"] == "zone GNFQ"


def test_a_text_of_one_site_is_one_record(tmp_path):
    path = tmp_path / "地块.txt"
    ring = [(39404000, 3290000), (39404200, 3290000), (39404200, 3290200), (39404000, 3290200), (39404000, 3290000)]
    points = [f"J{number % 4 + 1},1,{north:.3f},{east:.3f}" for number, (east, north) in enumerate(ring)]
    path.write_text("\n".join([
        "[属性描述]", "格式版本号=1.01版本", "坐标系=2000国家大地坐标系", "几度分带=3", "投影类型=高斯克吕格", "计量单位=米", "带号=39", "精度=0.001",
        "转换参数=,,,,,,", "[地块坐标]", "5,4.0,1,甲地块,面,,,,@", *points]), encoding="gb18030")
    assert [one.features for one in list_layers(path)] == [1]


@pytest.mark.parametrize(("lon", "lat", "said"), [
    (404000, 3290000, "不在地球上"), (116, 95, "不在地球上"), (10, 50, "不在中国附近"), (120, 29.5, "387 km"),
])
def test_a_place_that_is_nowhere_is_not_told_in_kilometres(lon, lat, said):
    """Metres taken for degrees lay 3,832,900,822 km away."""
    assert away_words(QPointF(lon, lat), QPointF(116, 29.5)) == said

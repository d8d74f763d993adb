"""The real program in a real window, worked by the mouse and keys of an X server; what came of it is read from the disk."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from pyproj import Geod
from shapely import box

sys.path.insert(0, str(Path(__file__).parent))
from person import Person, lacking, screen

sys.path.pop(0)

pytestmark = [
    pytest.mark.skipif(bool(lacking()), reason=f"not installed: {lacking()}"),
    pytest.mark.timeout(400),
]
EMPTY = (115.93, 29.76)  # a place of the demo with no line or corner near that a vertex could snap to


@pytest.fixture(scope="module")
def display():
    with screen() as shown:
        yield shown


@pytest.fixture
def start(display, tmp_path):
    """Start the program; whatever it still does at the end of the test is ended."""
    started = []

    def begin(*arguments: str, on: str = display, **environment: str) -> Person:
        person = Person(on, tmp_path, *arguments, **environment)
        started.append(person)
        return person

    yield begin
    for person in started:
        person.leave()


def centre(box, right=0.5, down=0.5):
    return box[0] + box[2] * right, box[1] + box[3] * down


def choose(person, text, **wanted):
    """Take an entry of a list that drops down."""
    person.click(**wanted)
    person.click(text, part="row", of="")


def at_rest(person):
    """Nothing runs, and the map is drawn."""
    person.until(lambda: not person.find("", name="cancel", on=True), "rest")


def place_of(person, x, y):
    """Longitude and latitude that the status bar gives for a place on the screen."""
    person.do("mousemove", round(x) + 3, round(y), "sleep", 0.1, "mousemove", round(x), round(y), "sleep", 0.3)
    east, north = re.findall(r"(\d+\.\d+)°", person.see("°", name="coordinates")["text"])
    return float(east), float(north)


def sites(workspace):
    """Projects as they stand in the file: by id, outline in degrees."""
    from layers.workspace import Workspace

    with Workspace.open(workspace, readonly=True) as opened:
        frames = [opened.read(record.name).to_crs(4490) for record in opened.by_role("project_site")]
    return {one: shape for frame in frames for one, shape in zip(frame["id"], frame.geometry, strict=True)}


def go_to(person, text):
    """Type where to go, and wait to be there."""
    person.key("ctrl+k")
    person.see(name="go_to_text")
    person.type(text)
    person.see(text.split(",")[0], part="row", of="go_to_list")
    person.key("Return")
    person.until(lambda: not person.find(name="go_to_text"), "the dialog has gone")


def units_at(workspace, east, north):
    """Codes of the units that hold a place, as the file has them."""
    from shapely import Point

    from layers.workspace import Workspace

    with Workspace.open(workspace, readonly=True) as opened:
        frames = [opened.read(record.name).to_crs(4490) for record in opened.by_role("control_unit")]
    return [code for frame in frames for code in frame.loc[frame.contains(Point(east, north)), "code"]]


def save(person, workspace):
    """Save, and wait for the mark of unsaved edits to go."""
    person.key("ctrl+s")
    person.until(lambda: "*" not in person.see("三线", name="main_window")["text"], "saved")
    return sites(workspace)


def file_dialog(person, path):
    """Type a path where the program asks for one."""
    person.see(name="fileNameEdit")
    person.key("ctrl+a")
    person.type(str(path))
    person.key("Return")


def test_a_site_drawn_with_the_mouse_is_judged_moved_taken_back_and_reported(start, tmp_path):
    person = start()
    person.click(name="welcome_demo")
    person.see("示例生态保护红线", part="row")
    at_rest(person)
    workspace = tmp_path / "config" / "Sanxian" / "demo" / "示例区.gpkg"
    before = sites(workspace)

    go_to(person, "{}, {}".format(*EMPTY))
    canvas = person.see(name="canvas")["box"]
    east, north = place_of(person, *centre(canvas))
    assert abs(east - EMPTY[0]) < 1e-3
    assert abs(north - EMPTY[1]) < 1e-3

    person.key("ctrl+1")
    corners = [centre(canvas, right, down) for right, down in ((0.35, 0.35), (0.6, 0.35), (0.6, 0.6), (0.35, 0.6))]
    wanted = [place_of(person, *corner) for corner in corners]
    for x, y in corners:
        person.at(x, y)
    person.key("Return")
    person.see("新项目", name="project_name")
    drawn = save(person, workspace)
    (new,) = set(drawn) - set(before)
    found = list(drawn[new].exterior.coords)[:-1]
    step = (wanted[1][0] - wanted[0][0]) / (corners[1][0] - corners[0][0])  # degrees a pixel
    for (x, y), (east, north) in zip(wanted, found, strict=True):
        assert abs(x - east) < 3 * step
        assert abs(y - north) < 3 * step
    assert {one: shape for one, shape in drawn.items() if one != new}.keys() == before.keys()

    person.key("F9")
    person.click("研判结果", part="tab")
    assert person.see("新项目", name="verdict_name")
    assert person.see(name="verdict_word")["text"] in ("资料不足", "禁止", "限制", "有条件", "提示", "符合")
    at_rest(person)

    person.key("ctrl+5")
    inside = centre(canvas, 0.47, 0.47)
    person.drag(inside, (inside[0] + 60, inside[1] + 30))
    moved = save(person, workspace)[new]
    assert moved.centroid.x - drawn[new].centroid.x == pytest.approx(60 * step, rel=0.1)
    assert moved.centroid.y < drawn[new].centroid.y
    assert moved.area == pytest.approx(drawn[new].area, rel=1e-3)
    person.key("ctrl+z")
    assert save(person, workspace)[new].equals_exact(drawn[new], 1e-9)

    person.key("F9")
    at_rest(person)
    person.key("ctrl+e")
    person.see(name="export_report")
    person.key("Home", *["Down"] * 4)  # the kinds of report: the fifth is the record
    person.key("Return")
    file_dialog(person, tmp_path / "report.json")
    record = person.until(lambda: (tmp_path / "report.json").exists() and json.loads((tmp_path / "report.json").read_text("utf-8")),
                          "a report")
    assert new in [one["id"] for one in record["projects"]]
    person.see("研判报告已写好")
    person.key("Escape")
    person.until(lambda: not person.find("研判报告已写好"), "the message has gone")

    person.quit()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo's workspace with its projects."""
    from sanxian.cli import main

    folder = tmp_path_factory.mktemp("demo")
    assert main(["demo", "--out", str(folder)]) in (0, 1, 2)
    return folder / "示例区.gpkg"


def test_looking_around_and_changing_the_language(start, demo, tmp_path):
    person = start(str(demo))
    person.see("示例生态保护红线", part="row")
    at_rest(person)
    canvas = person.see(name="canvas")["box"]

    # a unit, as it lies at the place that is clicked
    go_to(person, "ZH36040329902")
    person.key("ctrl+shift+i")
    east, north = place_of(person, *centre(canvas))
    person.at(*centre(canvas))
    found = person.see("示例环境管控单元", part="row", of="identify_tree")
    assert found["cells"][1] == str(len(units_at(demo, east, north)))
    assert "ZH36040329902" in units_at(demo, east, north)

    # a line, in metres on the ellipsoid
    go_to(person, "{}, {}".format(*EMPTY))
    person.key("ctrl+shift+m")
    ends = [centre(canvas, right, 0.5) for right in (0.3, 0.7)]
    places = [place_of(person, *end) for end in ends]
    person.at(*ends[0])
    person.at(*ends[1])
    person.do("mousemove", round(ends[1][0]), round(ends[1][1]), "sleep", 0.3)
    said = person.see("", name="sketch")["text"]
    metres = float(re.search(r"([\d,.]+)", said)[1].replace(",", "")) * (1000 if "千米" in said or "km" in said else 1)
    true = Geod(ellps="GRS80").inv(*places[0], *places[1])[2]
    assert metres == pytest.approx(true, rel=0.01)
    person.key("Escape")

    # the attribute table, sorted by a click, written as it is shown
    person.click("示例入河排污口", part="row")
    person.key("F6")
    heads = person.until(lambda: person.find(part="header", of="attribute_table"), "the table")
    person.at(*centre(heads[1]["box"]))
    person.click(name="table_export")
    file_dialog(person, tmp_path / "table.csv")
    person.see("属性表已导出")
    rows = list(csv.reader(io.StringIO((tmp_path / "table.csv").read_text(encoding="utf-8-sig"), newline="")))
    column = [row[rows[0].index(heads[1]["text"])] for row in rows[1:]]
    assert len(column) == 180
    assert column == sorted(column)
    assert len(set(column)) > 1

    # another language, at once and the next time
    person.key("Escape")
    person.until(lambda: not person.find(name="done_box"), "closed by a key")
    person.click("设置", part="action", **{"class": "QMenuBar"})
    person.click("English", part="action")
    assert person.see("Layer", part="action", **{"class": "QMenuBar"})
    person.quit()
    kept = ConfigParser()
    kept.read(tmp_path / "config" / "Sanxian" / "sanxian.ini")
    assert kept["General"]["language"] == "en"
    again = start()
    assert again.see("demo", name="welcome_demo", on=True)
    again.click("示例区", part="row", of="recent_list")
    again.see("Verdict", part="tab")
    again.quit()


@pytest.fixture(scope="module")
def large():
    """A screen of which every point is four pixels."""
    with screen("2732x1536") as shown:
        yield shown


def test_a_layer_is_brought_in_dragged_named_hidden_and_kept(start, large, demo, tmp_path):
    import geopandas

    from layers.workspace import Workspace

    workspace = Path(shutil.copy(demo, tmp_path / "work.gpkg"))
    geopandas.GeoDataFrame({"名称": ["甲景区", "乙景区"]}, crs=4490, geometry=[
        box(115.9, 29.7, 115.95, 29.75), box(116.0, 29.7, 116.03, 29.73)]).to_file(
            tmp_path / "scenic.shp", encoding="GBK")
    person = start(str(workspace), on=large, QT_SCALE_FACTOR="2")
    person.see("示例生态保护红线", part="row")
    at_rest(person)

    person.key("ctrl+l")
    file_dialog(person, tmp_path / "scenic.shp")
    person.see("甲景区", part="row", of="import_preview")
    choose(person, "风景名胜区", name="import_role")
    person.click("导入", **{"class": "QPushButton"})
    person.see("scenic", part="row", of="layer_tree")
    at_rest(person)

    row, above = (person.see(text, part="row", of="layer_tree")["box"] for text in ("scenic", "示例自然保护地"))
    person.drag(centre(row), (centre(row)[0], above[1] + 4), 12)
    person.until(lambda: person.see("scenic", part="row", of="layer_tree")["box"][1]
                 < person.see("示例自然保护地", part="row", of="layer_tree")["box"][1], "in its new place")
    hidden = person.see("示例监测断面", part="row", of="layer_tree")["box"]
    person.at(hidden[0] + 20, centre(hidden)[1])  # the tick
    person.click("scenic", part="row", of="layer_tree")
    person.key("F2", "ctrl+a")
    person.type("parks")
    person.key("Return")
    person.see("parks", part="row", of="layer_tree")
    person.key("ctrl+z")
    person.see("scenic", part="row", of="layer_tree")
    person.key("ctrl+shift+z")
    person.see("parks", part="row", of="layer_tree")
    save(person, workspace)
    with Workspace.open(workspace, readonly=True) as opened:
        (record,) = [one for one in opened.by_role("scenic_area") if one.name == "parks"]
        assert list(opened.read("parks")["name"]) == ["甲景区", "乙景区"]
        assert record.encoding == "gb18030"
        looks = {one["name"]: one for one in opened.state("window")["layers"]}
    order = list(looks)
    assert order.index("示例生态保护红线") + 1 == order.index("parks") == order.index("示例自然保护地") - 1
    assert not looks["示例监测断面"]["visible"]
    assert looks["parks"]["visible"]
    person.quit()


def test_a_typed_site_gets_an_industry_is_judged_and_reviewed(start, demo, tmp_path):
    from layers.workspace import Workspace

    workspace = Path(shutil.copy(demo, tmp_path / "work.gpkg"))
    person = start(str(workspace))
    person.see("示例生态保护红线", part="row")
    at_rest(person)

    person.key("ctrl+4")
    person.see(name="coordinates_text")
    for line in ("1 116.00 29.70", "2 116.01 29.70", "3 116.01 29.71", "4 116.00 29.71"):
        person.type(line)
        person.key("Return")
    person.click("添加为项目用地")
    person.see("新项目", name="project_name")
    person.key("ctrl+a")
    person.type("Mill")
    person.key("Tab")
    person.click(name="field_industry_code")
    person.type("2221")
    person.see("2221", part="row")
    person.key("Down", "Return")
    person.until(lambda: "2221" in person.see(name="field_industry_code")["text"], "an industry")
    person.key("F9")
    person.click("研判结果", part="tab")
    person.see("Mill", name="verdict_name")
    at_rest(person)

    person.key("ctrl+r")
    person.see(name="override_reason")
    person.type("seen on site")
    person.click(name="override_person")
    person.type("Zhang")
    choose(person, "限制", name="override_outcome")
    person.click(name="override_save")
    person.see("复核记录（1）", part="tab")
    person.click(name="override_close")
    person.see("复核 1 条", name="reviewed_count")
    at_rest(person)
    drawn = save(person, workspace)
    with Workspace.open(workspace, readonly=True) as opened:
        rows = [row for one in opened.by_role("project_site") for row in opened.read(one.name).to_dict("records")]
        (decision,) = opened.state("overrides")
    (mill,) = [row for row in rows if row["name"] == "Mill"]
    assert mill["industry_code"] == "C2221"
    assert drawn[mill["id"]].equals(box(116.00, 29.70, 116.01, 29.71))
    assert {decision[one] for one in ("project", "reason", "person", "outcome")} == {mill["id"], "seen on site", "Zhang", "restricted"}

    person.key("ctrl+z")
    person.see("已过时", name="verdict_stale")
    save(person, workspace)
    with Workspace.open(workspace, readonly=True) as opened:
        assert not opened.state("overrides")
    person.quit()

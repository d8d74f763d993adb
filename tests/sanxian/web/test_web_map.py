"""The web map of a workspace, read back from its file and opened by a browser without a network."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
import re
from datetime import date
from types import SimpleNamespace

import geopandas
import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod

from sanxian import i18n
from sanxian.cli import main
from sanxian.mapping import web_map, web_page, web_size
from sanxian.mapping.scene import SceneLayer
from sanxian.mapping.styles import style_for
from sanxian.mapping.web_page import Sheet, WebMapError, write_outlets_map, write_web_map
from spatial import arcs

ON = date(2026, 11, 22)
HOSTILE = ("<script>window.hacked=1</script>", "<img src=x onerror='window.hacked=1'>", "</script><b>", "=cmd|' /C calc'!A0", "{{7*7}}",
           "\u202egnp.exe", "\\u003cscript\\u003e", "javascript:alert(1)", "' onclick='window.hacked=1", "`${window.hacked=1}`")


class Memory:
    """Layers as a workspace gives them, in EPSG:4490."""

    def __init__(self):
        self.records, self.frames = [], {}

    def add(self, role, shapes, *, layer=None, **columns):
        layer = layer or f"示例{role}"
        self.frames[layer] = geopandas.GeoDataFrame({"fid": range(1, len(shapes) + 1), **columns}, geometry=list(shapes), crs=4490)
        self.records.append(SimpleNamespace(name=layer, role=role, crs=CRS.from_epsg(4490), current=True, version=None, data_date=None,
                                            accuracy_m=None, features=len(shapes)))
        return self

    def layers(self):
        return self.records

    def by_role(self, role):
        return [record for record in self.records if record.role == role]

    def read(self, name, *, whole=False):
        return self.frames[name]

    def state(self, _key, default=None):
        return default


def project(verdict, name="示例项目", where=(116.01, 29.71)):
    return SimpleNamespace(id=f"P-{verdict}", name=name, verdict=verdict, lonlat=shapely.box(where[0], where[1], where[0] + 0.004, where[1] + 0.004))


def screened(*projects):
    return SimpleNamespace(projects=projects, on=ON)


def units(side=2, size=0.02):
    cells = [shapely.box(116 + x * size, 29.7 + y * size, 116 + (x + 1) * size, 29.7 + (y + 1) * size) for y in range(side) for x in range(side)]
    kinds = (["priority", "key", "general"] * len(cells))[: len(cells)]
    return cells, {"code": [f"ZH3604011{number:04d}" for number in range(len(cells))], "name": [f"单元{number}" for number in range(len(cells))],
                   "category": kinds}


@pytest.fixture
def small():
    cells, columns = units()
    memory = Memory().add("control_unit", cells, **columns)
    memory.add("discharge_outlet", [shapely.Point(116.011, 29.705), shapely.Point(116.03, 29.71)], code=["FB-360401-0001", "FB-360401-0002"],
               name=["甲排口", "乙排口"], stage=["未整治", "完成整治"])
    memory.add("river_bank", [shapely.LineString([(116, 29.705), (116.02, 29.705)]), shapely.LineString([(116.02, 29.705), (116.04, 29.705)])],
               river=["长江", "长江"], name=["西段", "东段"], rank=["main", "main"], baseline=["water_edge"] * 2, side=["left", "right"],
               surveyed=[True, None], surveyed_on=["2024-05-01", None])
    return memory


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="map-data">(.*?)</script>', page, re.DOTALL)[1])


def shapes_of(data, layer):
    """The polygons of a layer as a browser puts them together."""
    cutting = arcs.Arcs([np.cumsum(np.array(flat).reshape(-1, 2), axis=0) for flat in layer["arcs"]], [row[4] for row in layer["features"]],
                        tuple(data["origin"]), data["step"])
    return np.array([cutting.shape(number) for number in range(len(cutting.shapes))], dtype=object)


def layer_of(data, role):
    return next(layer for layer in data["layers"] if layer["role"] == role)


# --- the file ----------------------------------------------------------------------------------------------------------


def test_the_page_names_nobody_and_allows_only_what_is_in_it(small):
    page = web_page.page(small, on=ON)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src" not in policy
    for kind, text in re.findall(r"<(script|style)>(.*?)</\1>", page, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in next(part for part in policy.split(";") if part.strip().startswith(f"{kind}-src"))
    assert set(re.findall(r"https?://[\w./-]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(link|iframe|img|object|embed|base)\b", page)
    assert not re.search(r"<[^>]*\s(on\w+|style)=", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_same_workspace_gives_the_same_bytes_in_either_language(small, language):
    i18n.set_language(language)
    page = web_page.page(small, on=ON, screening=screened(project("prohibited")), sheet=Sheet("图 A", "某院", "审字 1 号", "内部"))
    assert page == web_page.page(small, on=ON, screening=screened(project("prohibited")), sheet=Sheet("图 A", "某院", "审字 1 号", "内部"))
    data = data_of(page)
    assert layer_of(data, "control_unit")["symbols"][0]["letter"] == ("优" if language == "zh" else "P")
    assert ("查找" if language == "zh" else "Search") in page
    assert "审字 1 号" in page


def test_every_class_is_told_by_more_than_its_colour(small):
    data = data_of(web_page.page(small, on=ON, screening=screened(project("prohibited"), project("permitted"), project("restricted"))))
    unit = layer_of(data, "control_unit")["symbols"]
    assert len({symbol["letter"] for symbol in unit}) == len(unit) == 3
    outlets = layer_of(data, "discharge_outlet")["symbols"]
    assert len({symbol["marker"] for symbol in outlets}) == len(outlets) == 2
    verdicts = layer_of(data, "project_site")["symbols"]
    assert [symbol["mark"] for symbol in verdicts] == ["×", "▲", "√"]
    assert len({symbol["dash"] for symbol in layer_of(data, "survey")["symbols"]}) == 2


def test_banks_without_a_survey_are_drawn_as_unknown(small, tmp_path):
    page = write_outlets_map(small, tmp_path / "a.html", on=ON).read_text(encoding="utf-8")
    data = data_of(page)
    survey = layer_of(data, "survey")
    assert [(symbol["name"], symbol["count"]) for symbol in survey["symbols"]] == [("已排查", 1), ("未排查（情况未知）", 1)]
    assert survey["shown"]
    assert "control_unit" not in {layer["role"] for layer in data["layers"]}
    before = data_of(write_outlets_map(small, tmp_path / "b.html", on=date(2024, 4, 30)).read_text(encoding="utf-8"))
    assert [symbol["name"] for symbol in layer_of(before, "survey")["symbols"]] == ["未排查（情况未知）"]


def test_projects_that_were_not_judged_are_drawn_and_say_so(small):
    small.add("project_site", [shapely.box(116.01, 29.71, 116.014, 29.714), shapely.box(116.02, 29.71, 116.024, 29.714)], layer="项目", id=["P-prohibited", "P-2"],
              name=["甲项目", "乙项目"])
    data = data_of(web_page.page(small, on=ON, screening=screened(project("prohibited"))))
    plain, judged = (layer for layer in data["layers"] if layer["role"] == "project_site")
    assert [data["strings"][row[2]] for row in plain["features"]] == ["乙项目"]
    assert plain["note"] == "没有研判的项目，不等于符合。"
    assert [data["strings"][row[2]] for row in judged["features"]] == ["示例项目"]


def fractal(side, along):
    """A coverage of ``side``² units whose borders wander."""
    random = np.random.default_rng(7)

    def edge(start, end):
        t = np.linspace(0, 1, along + 1)
        walk = np.cumsum(random.normal(0, 1, along + 1))
        walk = walk / np.abs(walk).max() * np.minimum(t, 1 - t) * 0.15
        line = start + (end - start) * t[:, None] + np.array([start[1] - end[1], end[0] - start[0]]) * walk[:, None]
        line[0], line[-1] = start, end
        return line

    at = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0), indexing="ij"), -1)
    flat = {(i, j): edge(at[i, j], at[i + 1, j]) for i in range(side) for j in range(side + 1)}
    steep = {(i, j): edge(at[i, j], at[i, j + 1]) for i in range(side + 1) for j in range(side)}
    rings = [np.concatenate([flat[i, j][:-1], steep[i + 1, j][:-1], flat[i, j + 1][::-1][:-1], steep[i, j][::-1]]) * 0.03 + (115, 28.5)
             for i in range(side) for j in range(side)]
    return np.array([shapely.Polygon(ring) for ring in rings])


def test_eleven_hundred_units_stay_small_and_keep_their_borders(tmp_path):
    cells = fractal(34, 60)
    assert len(cells) == 1_156
    assert shapely.get_num_coordinates(cells).sum() > 270_000
    names = [f"示例第 {number} 环境管控单元" for number in range(len(cells))]
    memory = Memory().add("control_unit", cells, code=[f"ZH360401{number:05d}" for number in range(len(cells))], name=names,
                          category=["key"] * len(cells), county=["示例区"] * len(cells))
    path = write_web_map(memory, tmp_path / "a.html", on=ON)
    assert path.stat().st_size < 2_000_000
    data = data_of(path.read_text(encoding="utf-8"))
    after = shapes_of(data, data["layers"][0])
    assert len(after) == 1_156
    assert shapely.is_valid(after).all()
    assert shapely.coverage_is_valid(after)  # no gap and no overlap along any border
    union = shapely.union_all(after)
    assert not union.interiors
    assert shapely.area(after).sum() == pytest.approx(union.area, rel=1e-12)
    assert "简化" in data["layers"][0]["note"]


def test_a_small_layer_is_drawn_as_it_is(small):
    data = data_of(web_page.page(small, on=ON))
    cells, _columns = units()
    assert layer_of(data, "control_unit")["note"] == ""
    assert shapely.area(shapes_of(data, layer_of(data, "control_unit"))) == pytest.approx([cell.area for cell in cells], rel=1e-6)


def many(count=4_000):
    """Rings of islands, more than an element each would be quick."""
    side = math.ceil(math.sqrt(count))
    at = [(116 + 0.01 * (number % side), 29 + 0.01 * (number // side)) for number in range(count)]
    return [shapely.Point(x, y).buffer(0.004, quad_segs=16) for x, y in at]


def test_it_says_how_far_it_is_and_can_be_stopped(tmp_path):
    islands = many(1_500)
    memory = Memory().add("ecological_redline", islands, name=[f"示例 {number}" for number in range(len(islands))])
    told = []
    write_web_map(memory, tmp_path / "a.html", on=ON, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert len({done for done, _total in told}) > 4
    assert {total for _done, total in told} == {4 * len(islands) + 1}

    class Enough(Exception):
        pass

    def stop(done, _total):
        if done > 2 * len(islands):
            raise Enough

    with pytest.raises(Enough):
        write_web_map(memory, tmp_path / "b.html", on=ON, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_many_small_shapes_keep_a_shape_each_and_are_not_moved_far(tmp_path):
    islands = many()
    assert shapely.get_num_coordinates(islands).sum() > 3 * web_page.VERTICES_KEPT
    data = data_of(web_page.page(Memory().add("ecological_redline", islands, name=[""] * len(islands)), on=ON))
    after = shapes_of(data, data["layers"][0])
    assert shapely.is_valid(after).all()
    assert shapely.area(after) == pytest.approx(shapely.area(islands), rel=0.1)
    assert shapely.hausdorff_distance(after, islands).max() < 0.001
    assert int(re.search(r"约 (\d+) 米", data["layers"][0]["note"])[1]) < 100


def test_what_no_browser_could_open_is_not_written(small, tmp_path, monkeypatch):
    monkeypatch.setattr(web_page, "MOST_PLACES", 10)
    with pytest.raises(WebMapError, match="打不开"):
        write_web_map(small, tmp_path / "a.html", on=ON)
    assert list(tmp_path.iterdir()) == []


def test_a_large_page_says_what_it_asks_of_a_computer(tmp_path, monkeypatch):
    page = tmp_path / "a.html"
    page.write_bytes(b" " * 1_000)
    assert web_size.size_words(page) == ""
    monkeypatch.setattr(web_size, "LARGE_PAGE", 500)
    assert "手机上可能打不开" in web_size.size_words(page)


def test_an_extent_leaves_out_what_it_does_not_meet(small):
    data = data_of(web_page.page(small, on=ON, extent=(116.001, 29.701, 116.01, 29.702)))
    assert len(layer_of(data, "control_unit")["features"]) == 1
    assert data["view"] == [[29.701, 116.001], [29.702, 116.01]]


def test_secret_layers_stay_out_and_the_page_says_so(small):
    small.add("permanent_farmland", [shapely.box(116, 29.7, 116.01, 29.71)], layer="机密图层", name=["机密地块"])
    small.records[-1].secrecy = "confidential"
    page = web_page.page(small, on=ON)
    assert "机密图层" not in page
    assert "机密地块" not in page
    assert "另有 1 个图层密级为秘密以上" in page


def test_nothing_to_draw_is_said(tmp_path):
    with pytest.raises(WebMapError, match="没有可画的要素"):
        write_web_map(Memory(), tmp_path / "a.html", on=ON)
    with pytest.raises(WebMapError, match="没有入河排污口"):
        write_outlets_map(Memory(), tmp_path / "a.html", on=ON)
    assert list(tmp_path.iterdir()) == []


def test_the_command(workspace, tmp_path, capsys, monkeypatch):
    out = tmp_path / "图.html"
    assert main(["map", str(workspace), "--out", str(out), "--on", "2026-11-22", "--title", "示例图 <1>", "--extent", "115.9,29.6,116.1,29.9"]) == 0
    page = out.read_text(encoding="utf-8")
    assert "示例图 &lt;1&gt;" in page
    assert {layer["role"] for layer in data_of(page)["layers"]} >= {"control_unit", "ecological_redline", "survey"}
    for wrong, words in ((("--out", "a.bmp"), "后缀不认识"), (("--out", str(out), "--extent", "1,2,3"), "西,南,东,北"),
                         (("--out", str(tmp_path / "none" / "a.html")), "不存在")):
        assert main(["map", str(workspace), *wrong]) == 2
        assert words in capsys.readouterr().err
    assert main(["outlets", str(workspace), "summary", "--out", str(tmp_path / "o.html"), "--on", "2026-11-22"]) == 0
    assert "岸线排查情况" in (tmp_path / "o.html").read_text(encoding="utf-8")


# --- the browser -------------------------------------------------------------------------------------------------------


def opened(browser, path, **size):
    browser.open(path, **size)
    assert browser.requests == [path.resolve().as_uri()]
    assert browser.complaints == []
    return browser


def test_a_browser_without_network_shows_it_and_asks_for_nothing(browser, small, tmp_path):
    path = write_web_map(small, tmp_path / "图 1.html", on=ON, screening=screened(project("prohibited"), project("permitted", where=(116.03, 29.72))))
    opened(browser, path)
    assert browser.run("document.querySelectorAll('.leaflet-pane svg path').length") >= 8
    assert browser.run("getComputedStyle(document.querySelector('.leaflet-container')).overflow") == "hidden"  # Leaflet's style is in force
    # search, by keyboard
    browser.run("document.getElementById('search').focus(); document.getElementById('search').value='ｚｈ3604011 0002'; sanxian.search()")
    assert browser.run("document.getElementById('found').children.length") == 1
    browser.key("ArrowDown")
    browser.key("Enter")
    assert "单元2" in browser.run("document.querySelector('.leaflet-popup').textContent")
    # what lies under a place, top first
    assert browser.run("sanxian.hits(L.latLng(29.711, 116.011)).map(f => f.label)")[0] == "示例项目"
    assert browser.run("sanxian.hits(L.latLng(29.735, 116.035)).map(f => f.code)") == ["ZH36040110003"]
    # a layer out and in again
    box = "Array.from(document.querySelectorAll('#legend .layer')).find(one => one.textContent.includes('control_unit')).querySelector('input')"
    browser.run(f"{box}.click()")
    assert browser.run("sanxian.hits(L.latLng(29.735, 116.035)).length") == 0
    # a printed sheet
    browser.run("sanxian.sheet(true)")
    assert "比例尺约 1:" in browser.run("document.getElementById('scale').textContent")
    assert browser.run("document.querySelectorAll('.degree').length") >= 4
    assert browser.complaints == []
    assert browser.requests == [path.resolve().as_uri()]


@pytest.mark.parametrize("scales", [(0.0, 20_000.0), (60_000.0, 0.0), (15_000.0, 40_000.0)])
def test_a_layer_is_drawn_between_the_scales_of_its_style_and_the_legend_says_so(browser, small, tmp_path, monkeypatch, scales):
    style = dataclasses.replace(style_for("control_unit"), scales=scales)
    monkeypatch.setattr(web_page, "styles_of", lambda _workspace: {"示例control_unit": style})
    opened(browser, write_web_map(small, tmp_path / "a.html", on=ON))
    field = "Array.from(document.querySelectorAll('#legend .layer')).find(one => one.textContent.includes('control_unit'))"
    layer = "sanxian.layers.find(one => one.role === 'control_unit')"
    here = "L.latLng(29.735, 116.035)"
    seen = set()
    for zoom in (10, 12, 13.5, 14, 15, 17):
        scale = browser.run(f"sanxianMap.setView({here}, {zoom}, {{animate: false}}); sanxian.scaleNow()")
        wanted = style.seen_at(scale)
        seen.add(wanted)
        assert browser.run(f"getComputedStyle(sanxianMap.getPane({layer}.pane.name)).display !== 'none'") == wanted, (zoom, scale)
        assert browser.run(f"sanxian.hits({here}).length") == (1 if wanted else 0)
        assert browser.run(f"{field}.classList.contains('far')") != wanted
        assert (browser.run("document.querySelectorAll('.letter').length") > 0) <= wanted
    assert seen == {True, False}
    assert "显示" in browser.run(f"{field}.querySelector('small').textContent")
    assert browser.run(f"{field}.querySelector('input').checked"), "it is not switched off, only out of its scales"
    # what is sought is shown
    for zoom in (10, 17):
        browser.run(f"sanxianMap.setView({here}, {zoom}, {{animate: false}}); sanxian.go(sanxian.features.find(f => f.layer.role === 'control_unit'))")
        assert style.seen_at(browser.run("sanxian.scaleNow()"))
    assert browser.complaints == []


def test_the_map_of_a_report_keeps_to_the_scales_too(browser, tmp_path):
    cells, _columns = units()
    style = dataclasses.replace(style_for("control_unit"), scales=(0.0, 20_000.0))
    points = np.array([shapely.Point(116.011, 29.705), shapely.MultiPoint([(116.01, 29.71), (116.012, 29.711)])], dtype=object)
    layers = [SceneLayer("control_unit", "甲", style, np.array(cells, dtype=object), [{"category": "key"}] * len(cells)),
              SceneLayer("discharge_outlet", "乙", dataclasses.replace(style_for("discharge_outlet"), scales=(15_000.0, 0.0)), points, [{}, {}])]
    made = web_map.build([], layers, (116, 29.7, 116.04, 29.74))
    name = re.search(r"(map_m\d+)\.attributionControl", made.script)[1]
    style_sheet = "<style>html,body,.folium-map{width:100%;height:100%}</style>"
    path = tmp_path / "a.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{made.head}{style_sheet}<body>{made.body}<script>{made.script}\nwindow.chart={name}</script>",
                    encoding="utf-8")
    browser.open(path)
    assert all(url.startswith(("file:", "data:")) for url in browser.requests)
    scale = ("(() => { const s = chart.getSize(); return chart.distance(chart.containerPointToLatLng([s.x / 2 - 50, s.y / 2]), "
             "chart.containerPointToLatLng([s.x / 2 + 50, s.y / 2])) / (100 * 0.0254 / 96); })()")
    drawn = "Array.from(document.querySelectorAll('.leaflet-overlay-pane path')).map(p => p.style.display !== 'none')"
    seen = []
    for zoom in (12, 14, 15, 17):
        here = browser.run(f"chart.setView([29.705, 116.011], {zoom}, {{animate: false}}); {scale}")
        seen.append([here <= 20_000, here >= 15_000])
        shown = browser.run(drawn)
        assert sum(shown) == 4 * (here <= 20_000) + 3 * (here >= 15_000), (zoom, here, shown)
    assert [True, False] in seen
    assert [False, True] in seen
    names = browser.run("Array.from(document.querySelectorAll('.leaflet-control-layers-overlays label')).map(one => one.textContent.trim())")
    assert any("比例尺不小于 1:20,000 时显示" in one for one in names)
    assert browser.complaints == []


def test_thousands_of_shapes_are_one_picture_and_answer_as_others_do(browser, tmp_path):
    islands = many()
    memory = Memory().add("ecological_redline", islands, name=[f"示例 {number}" for number in range(len(islands))])
    memory.add("discharge_outlet", [shapely.Point(116 + 0.0001 * number, 29.3) for number in range(3_500)], stage=["未整治", "完成整治"] * 1_750)
    opened(browser, write_web_map(memory, tmp_path / "a.html", on=ON))
    assert browser.run("document.querySelectorAll('.leaflet-pane canvas').length") == 2
    assert browser.run("document.querySelectorAll('.leaflet-pane svg path').length") < 100
    painted = ("Array.from(document.querySelectorAll('.leaflet-pane canvas')).map(c => { var d = c.getContext('2d').getImageData(0, 0, c.width, "
               "c.height).data, n = 0; for (var i = 3; i < d.length; i += 4) { n += d[i] > 0; } return n; })")
    redlines, outlets = browser.run(painted)
    assert redlines > 20_000
    assert 1_000 < outlets < redlines
    assert browser.run("sanxian.hits(L.latLng(29.00, 116.00)).map(f => f.label)") == ["示例 0"]
    # from so far away that each is a dot they are still to be seen
    browser.run("sanxianMap.setView([29.3, 116.3], 5, {animate: false}); 0")
    assert min(browser.run(painted)) > 20
    assert [words for words in browser.complaints if "willReadFrequently" not in words] == []  # that is about this test


def test_a_layer_without_limits_leaves_the_page_as_it_was(small):
    page = web_page.page(small, on=ON)
    assert all("scales" not in layer for layer in data_of(page)["layers"])


def test_measures_are_those_of_the_ellipsoid(browser, small, tmp_path):
    opened(browser, write_web_map(small, tmp_path / "a.html", on=ON))
    geod = Geod(ellps="GRS80")  # CGCS2000's but for a tenth of a millimetre
    for start, end in (((116, 29.7), (116.4, 29.9)), ((115, 28), (115, 29)), ((114, 30), (118, 30))):
        said = browser.run(f"sanxian.metres(L.latLng({start[1]}, {start[0]}), L.latLng({end[1]}, {end[0]}))")
        assert said == pytest.approx(geod.inv(*start, *end)[2], rel=1e-8)
    ring = shapely.segmentize(shapely.Polygon([(116, 29.7), (116.3, 29.7), (116.2, 30.0)]), 0.001)  # straight in longitude and latitude
    said = browser.run("sanxian.squareMetres([L.latLng(29.7, 116), L.latLng(29.7, 116.3), L.latLng(30.0, 116.2)])")
    assert said == pytest.approx(abs(geod.geometry_area_perimeter(ring)[0]), rel=1e-6)
    browser.run("sanxian.measure('area'); [[29.7, 116], [29.7, 116.01], [29.71, 116.01]].forEach(p => sanxian.vertex(L.latLng(p[0], p[1])))")
    assert re.search(r"面积 [\d,.]+ m² = [\d.]+ 公顷 = [\d.]+ 亩", browser.run("document.getElementById('result').textContent"))
    assert browser.complaints == []


def test_it_fits_a_telephone(browser, small, tmp_path):
    i18n.set_language("en")
    opened(browser, write_web_map(small, tmp_path / "a.html", on=ON), width=390, height=844, phone=True)
    assert browser.run("document.documentElement.scrollWidth") <= 390
    assert browser.run("getComputedStyle(document.getElementById('panel')).display") == "none"
    assert min(browser.run("Array.from(document.querySelectorAll('#bar button')).map(b => b.getBoundingClientRect().height)")) >= 44
    browser.run("document.querySelector('#bar [data-open=layers]').click()")
    assert browser.run("getComputedStyle(document.getElementById('panel')).display") == "block"
    assert min(browser.run("Array.from(document.querySelectorAll('#legend .layer > label')).map(b => b.getBoundingClientRect().height)")) >= 44
    unnamed = ("Array.from(document.querySelectorAll('button,input,[role]')).filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || "
               "(e.labels && e.labels.length) || e.getAttribute('aria-hidden') || e.getAttribute('role') === 'presentation')).map(e => e.outerHTML)")
    assert browser.run(unnamed) == []
    assert browser.complaints == []


def test_words_of_the_data_do_nothing(browser, tmp_path):
    count = len(HOSTILE)
    memory = Memory().add("control_unit", [shapely.box(116 + n * 0.01, 29.7, 116.01 + n * 0.01, 29.71) for n in range(count)], layer=HOSTILE[0],
                          code=list(HOSTILE), name=list(HOSTILE), category=["key"] * count, remark=list(HOSTILE), **{HOSTILE[1]: list(HOSTILE)})
    memory.add("discharge_outlet", [shapely.Point(116.005, 29.705)], layer=HOSTILE[2], code=[HOSTILE[3]], name=[HOSTILE[0]], stage=[HOSTILE[1]])
    sites = screened(*(project("prohibited", name=word, where=(116.02, 29.702)) for word in HOSTILE))
    path = write_web_map(memory, tmp_path / "a.html", on=ON, screening=sites, sheet=Sheet(*HOSTILE[:4]))
    opened(browser, path)
    browser.run("sanxian.features.forEach(f => sanxian.go(f))")
    for number, word in enumerate(HOSTILE):
        shown = word.replace("\u202e", "[U+202E]")
        browser.run(f"sanxian.go(sanxian.features.filter(f => f.layer.role === 'control_unit')[{number}])")
        assert shown in browser.run("Array.from(document.querySelectorAll('.leaflet-popup')).pop().textContent")
    browser.run("document.getElementById('search').value='<'; sanxian.search()")
    assert browser.run("document.getElementById('found').children.length") > 0
    assert browser.run("document.querySelectorAll('#page img, #page b, #page script').length") == 0
    assert browser.run("window.hacked === undefined && document.title") == HOSTILE[0]
    assert browser.complaints == []
    assert browser.requests == [path.resolve().as_uri()]


def test_a_printed_page_is_one_sheet(browser, small, tmp_path):
    opened(browser, write_web_map(small, tmp_path / "a.html", on=ON))
    browser.print(tmp_path / "a.pdf")
    printed = (tmp_path / "a.pdf").read_bytes()
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", printed)
    assert len(boxes) == len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert float(boxes[0][0]) > float(boxes[0][1])

"""What maps show of projects: the verdict that counts, that somebody has reviewed it, and that one no longer holds."""

from __future__ import annotations

import random
from datetime import date
from types import SimpleNamespace

import pytest
from PyQt5.QtGui import QColor
from shapely.geometry import box

from gui.canvas.paint import _site_look
from gui.dialogs import sheet as sheets
from gui.engine import Engine
from gui.session import Site
from gui.sheet import export
from sanxian.i18n import set_language
from sanxian.mapping.sheets import build, template
from sanxian.mapping.sheets.content import site_style
from sanxian.mapping.styles import OUTDATED, REVIEWED, VERDICT_STYLES, is_reviewed, shown_key, shown_style

ON = date(2026, 11, 22)
EVERY = [*VERDICT_STYLES, *(verdict + REVIEWED for verdict in VERDICT_STYLES), OUTDATED, ""]


def site(key, verdict, *, reviewed=None, acting=True, stale=False, outdated=False, at=0):
    found = Site(key, f"项目{key}", box(116.0 + at / 100, 29.7, 116.005 + at / 100, 29.705), "EPSG:4490")
    if verdict:
        found.result = SimpleNamespace(verdict=verdict, reviewed_verdict=reviewed, overrides=[SimpleNamespace(acting=acting)] if reviewed else [])
    found.stale, found.outdated = stale, outdated
    return found


@pytest.fixture
def sites():
    return [
        site("A", "prohibited"), site("B", "prohibited", reviewed="restricted", at=1), site("C", "permitted", stale=True, at=2),
        site("D", "permitted", outdated=True, at=3), site("E", "permitted", reviewed="conditional", stale=True, at=4), site("F", None, at=5),
        site("G", "prohibited", reviewed="restricted", acting=False, at=6),
    ]  # fmt: skip


def test_a_site_says_how_it_is_shown(sites):
    assert [one.shown for one in sites] == ["prohibited", "restricted+reviewed", OUTDATED, OUTDATED, OUTDATED, "", "prohibited"]
    assert shown_key(None, reviewed=True, outdated=True) == ""


def test_no_two_are_told_apart_by_colour_alone():
    looks = {}
    for symbol in site_style().classes:
        looks.setdefault((symbol.hatch, symbol.dash, symbol.marker, symbol.fill_opacity), []).append(symbol.value)
    assert all(len(alike) == 1 or not {OUTDATED, None} & set(alike) for alike in looks.values())
    plain = {key: shown_style(key) for key in EVERY if key and not is_reviewed(key)}
    assert len({style.mark for style in plain.values()}) == len(plain)
    for key in VERDICT_STYLES:
        assert shown_style(key + REVIEWED).zh == VERDICT_STYLES[key].zh + "（已复核）"
        assert shown_style(key + REVIEWED).colour == VERDICT_STYLES[key].colour
    assert _site_look(OUTDATED)[0] not in {style.colour for style in VERDICT_STYLES.values()}
    assert shown_style(OUTDATED).mark.encode("gb2312")


@pytest.mark.parametrize(("language", "words"), [
    ("zh", ["禁止", "限制（已复核）", "待重判", "未研判"]), ("en", ["Prohibited", "Restricted (reviewed)", "To be judged again", "Not judged"])])
def test_the_sheet_shows_what_counts_and_what_no_longer_holds(sites, language, words, qapp):
    set_language(language)
    try:
        window = SimpleNamespace(session=SimpleNamespace(sites=sites), engine=Engine())
        made = build.build(sheets._sites(window), build.Request(template.builtin()["project"], ON))
        _content, (drawn,) = export.pdf([made], on=ON)
        text = " ".join(one.text for one in drawn.written)
        assert all(word in text for word in words), text
        assert not any(word in text for word in ("符合", "有条件", "Permitted", "Conditional")), "of verdicts that do not hold"
        image, _drawn = export.picture(made, dpi=60)
        colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
        assert any(near(QColor(one), QColor(shown_style(OUTDATED).colour)) for one in colours)
        assert not any(near(QColor(one), QColor(VERDICT_STYLES["permitted"].colour)) for one in colours)
    finally:
        set_language("zh")


def near(one, other):
    return abs(one.hue() - other.hue()) < 4 and one.saturation() > 90


def test_the_web_map_of_the_window_shows_the_same(sites, tmp_path):
    from layers.workspace import Workspace
    from sanxian.mapping.web_page import OnMap, page
    from tests.sanxian.web.test_web_map import data_of

    file = tmp_path / "w.gpkg"
    with Workspace.create(file) as workspace:
        projects = [OnMap(one.id, one.name, one.geometry, one.shown, one.verdict or "") for one in sites]
        text = page(workspace, on=ON, screening=SimpleNamespace(projects=projects, on=ON, whole=True))
    data = data_of(text)
    (layer,) = [one for one in data["layers"] if one["role"] == "project_site"]
    looks = {symbol["name"]: symbol for symbol in layer["symbols"]}
    assert list(looks) == ["禁止", "限制（已复核）", "待重判", "未研判"]
    assert [looks[name]["count"] for name in looks] == [2, 1, 3, 1]
    assert looks["限制（已复核）"]["ring"] == 1
    assert "ring" not in looks["禁止"]
    assert looks["待重判"]["opacity"] == 0
    assert looks["待重判"]["dash"]
    assert "mark" not in looks["未研判"]
    said = {data["strings"][feature[3]]: [data["strings"][value] for value in feature[5]] for feature in layer["features"]}
    assert said["B"] == ["B", "限制（已复核）", "禁止"]
    assert said["C"] == ["C", "待重判"]
    assert said["F"] == ["F", "未研判"]
    assert "原结论不再有效" in layer["note"]


def test_projects_of_a_secret_layer_stay_out_of_the_web_map(sites):
    from sanxian.mapping.web_page import OnMap, page
    from tests.sanxian.web.test_web_map import Memory

    memory = Memory().add("admin", [box(115.9, 29.6, 116.2, 29.8)], name=["区"])
    memory.add("project_site", [box(116.0, 29.7, 116.005, 29.705)], layer="密", id=["A"], name=["甲机密"])
    memory.records[-1].secrecy = "secret"
    projects = [OnMap(one.id, f"名{one.id}", one.geometry, one.shown, one.verdict or "", "密" if one.id in "AC" else "") for one in sites]
    text = page(memory, on=ON, screening=SimpleNamespace(projects=projects, on=ON, whole=True))
    assert "名B" in text
    assert not any(word in text for word in ("名A", "名C", "甲机密"))


@pytest.mark.parametrize("seed", range(6))
def test_what_changed_alone_leaves_the_map_as_telling_all_anew_would(judged, seed):
    """Of many projects only those that changed are told to the map."""
    rng, session, canvas = random.Random(seed), judged.session, judged.canvas
    session.add_sites([site(f"S{at}", None, at=at) for at in range(5)])
    told = []

    def shown():
        return [(name, shape.wkb, verdict) for name, shape, verdict in canvas.last("set_sites")[0]]

    for _step in range(30):
        one = rng.choice(session.sites)
        match rng.randrange(8):
            case 0:
                x = rng.uniform(116, 116.2)
                session.set_geometry(one.id, box(x, 29.7, x + 0.004, 29.703), rng.choice(["EPSG:4490", "EPSG:4326"]))
            case 1:
                session.set_geometry(one.id, None, "EPSG:4490")
            case 2:
                session.set_attribute(one.id, "industry_code", rng.choice(["C2611", "H6210"]))
            case 3:
                one.outdated = not one.outdated
                session.resultsChanged.emit([one.id])
            case 4 if session.undo_stack.canUndo():
                session.undo_stack.undo()
            case 5 if session.undo_stack.canRedo():
                session.undo_stack.redo()
            case 6:
                canvas.crs = rng.choice([4548, 4490, 3857])
                judged.map.show_sites()
            case 7 if len(session.sites) > 2:
                session.remove_sites([one.id])
        told.append(shown())
        judged.map.show_sites()
        assert told[-1] == shown()
    assert len(set(map(str, told))) > 5, "the map was given something else now and then"

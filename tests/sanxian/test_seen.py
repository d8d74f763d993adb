"""A review acts on what its reviewer saw, and on nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from shapely.affinity import rotate, scale, translate
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from layers.workspace import Workspace
from rules.model import Verdict
from sanxian.overrides import Override, OverrideError, Seen, of_project
from sanxian.seen import features_at, record, same_feature, same_site
from spatial.crs import CGCS2000, STRAIGHT_M, transform

GK = "EPSG:4548"  # 3-degree zone of 117° E
HERE = Polygon([(403000, 3291000), (403400, 3291010), (403420.5, 3291300.25), (403200, 3291250), (403010, 3291310)],
               [[(403100, 3291050), (403120, 3291050), (403110, 3291070)]])
LINE = LineString([(403000 + 25 * i, 3291000 + 3 * (i % 5)) for i in range(400)])
DAY = date(2026, 11, 22)
FACTORY = {"nature": ("new",), "industry_code": ("C2614",), "national_major_project": False, "limited_activity": 0.0}


def there(geometry, crs=GK):
    return record(geometry, crs)


@pytest.mark.parametrize("shape", [HERE, LINE, Point(403000, 3291000), MultiPolygon([HERE, translate(HERE, 1000)]),
                                   GeometryCollection([HERE, LINE, Point(403000, 3291500)])], ids=lambda one: one.geom_type)
@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547", "EPSG:4507", "EPSG:4326", GK])
def test_the_same_outline_in_another_crs_is_the_same(shape, crs):
    for straight in (None, STRAIGHT_M):
        there_now = transform(shape, CRS.from_user_input(GK), CRS.from_user_input(crs), straight_m=straight)
        assert same_site(there(shape), there_now, crs)
        assert same_site(there(there_now, crs), shape, GK)


@pytest.mark.parametrize("driver", ["GPKG", "GeoJSON", "ESRI Shapefile"])
def test_the_same_outline_through_a_file_is_the_same(tmp_path, driver):
    path = tmp_path / {"GPKG": "a.gpkg", "GeoJSON": "a.geojson", "ESRI Shapefile": "a.shp"}[driver]
    frame = geopandas.GeoDataFrame({"id": ["P"]}, geometry=[HERE], crs=GK)
    (frame.to_crs(4490) if driver == "GeoJSON" else frame).to_file(path, driver=driver)
    read = geopandas.read_file(path)
    assert same_site(there(HERE), read.geometry.iloc[0], read.crs.to_wkt())


def test_a_ring_that_starts_elsewhere_or_runs_the_other_way_is_the_same():
    turned = Polygon([*HERE.exterior.coords[2:], *HERE.exterior.coords[1:3]][::-1], [ring.coords for ring in HERE.interiors])
    assert turned.equals(HERE)
    assert same_site(there(HERE), turned, GK)
    assert same_site(there(HERE), MultiPolygon([HERE]), GK)
    assert same_site(there(HERE), shapely.segmentize(HERE, 7.0), GK)


@pytest.mark.parametrize("other", [
    translate(HERE, 400), translate(HERE, 0.05), HERE.buffer(1, join_style="mitre"), scale(HERE, 1.001, 1.001), rotate(HERE, 0.1),
    Polygon(HERE.exterior), HERE.boundary, MultiPolygon([HERE, translate(HERE, 1000)]),
    Polygon([*HERE.exterior.coords[:3], (403200, 3291251), *HERE.exterior.coords[4:]], [ring.coords for ring in HERE.interiors]),
    None, Polygon(),
])
def test_another_outline_is_another(other):
    assert not same_site(there(HERE), other, GK)


def test_one_vertex_of_many_by_a_metre_is_another_outline():
    xy = np.array(LINE.coords)
    xy[200, 1] += 1.0
    assert not same_site(there(LINE), LineString(xy), GK)
    assert not same_site(there(LINE), LINE.union(Point(403000, 3291500)), GK)


def test_the_same_corners_joined_otherwise_are_another_outline():
    corners = [(0, 0), (100, 0), (100, 100), (50, 40), (0, 100)]
    one, other = (translate(Polygon([corners[i] for i in order]), 403000, 3291000) for order in ((0, 1, 2, 3, 4), (0, 1, 3, 2, 4)))
    assert not same_site(there(one), other, GK)


@given(st.lists(st.floats(0.3, 1.0), min_size=5, max_size=40), st.floats(0, 6.3), st.floats(0, 3000), st.booleans())
def test_law_what_is_jittered_below_a_millimetre_is_the_same_and_what_is_moved_farther_is_not(radii, way, metres, lonlat):
    angle = np.arange(len(radii)) / len(radii) * 2 * np.pi
    xy = np.column_stack([np.cos(angle), np.sin(angle)]) * np.array(radii)[:, None] * 500 + (403000, 3291000)
    shape = Polygon(xy)
    near = Polygon(xy + 4e-4 * np.column_stack([np.cos(angle * 7 + way), np.sin(angle * 5)]))
    crs = "EPSG:4490" if lonlat else GK
    assert same_site(there(shape), transform(near, CRS.from_user_input(GK), CRS.from_user_input(crs)), crs)
    moved = translate(shape, (metres + 1) * np.cos(way), (metres + 1) * np.sin(way))
    assert not same_site(there(shape), transform(moved, CRS.from_user_input(GK), CRS.from_user_input(crs)), crs)
    assert same_site(there(shape), translate(moved, -(metres + 1) * np.cos(way), -(metres + 1) * np.sin(way)), GK)


def review(**changes):
    return Override(**{"project": "P", "rule": "r", "outcome": Verdict.PERMITTED, "reason": "边界复核", "person": "张三",
                       "made_on": date(2026, 11, 1), "expires_on": date(2027, 11, 1), **changes})


def test_what_was_seen_is_written_and_read_and_an_old_record_has_none():
    feature = {"layer": "red", "kind": 2, "bounds": [116, 29, 117, 30], "size": 1.5, "edge": 4.0, "around": None, "edge_around": 0,
               "traits": "ab"}
    met = {"layer": "ecological_redline", "traits": "cd", "baseline": "", "overlap_m2": 3.5, "overlap_m": 0.0, "distance_m": 0.0}
    seen = Seen.from_dict({**there(HERE).to_dict(), "outcome": "restricted", "features": [feature], "grounds": {"why": "ef", "met": [met]}})
    made = review(seen=seen)
    assert Override.from_dict(made.to_dict()) == made
    assert hash(made)
    assert made.remembered
    assert seen.told()["grounds_sha256"] != replace(seen, grounds=replace(seen.grounds, why="eg")).told()["grounds_sha256"]
    assert not review(seen=replace(seen, grounds=None)).remembered, "made before grounds were kept"
    left = review(rule="", outcome=None, layer="ecological_redline", feature_id=1, seen=replace(seen, grounds=None))
    assert left.remembered
    assert not replace(left, seen=replace(seen, features=(replace(seen.features[0], traits=""),))).remembered
    old = {key: value for key, value in made.to_dict().items() if key != "seen"}
    assert Override.from_dict(old).seen is None
    assert "seen" not in Override.from_dict(old).to_dict()
    for wrong in ({"outline": "zz", "crs": GK}, {"outline": seen.outline}, {"outcome": "no"}, {"features": [{}]}, [], "x",
                  {"features": [{**feature, "bounds": [1]}]}, {"features": ["x"]}, {"grounds": {"why": "ef"}},
                  {"grounds": {"why": "ef", "met": [{**met, "distance_m": "far"}]}}, {"grounds": "x"}):
        with pytest.raises(OverrideError):
            Override.from_dict({**old, "seen": wrong})


# ------------------------------------------------------------------------------------------------ features


def layer(tmp_path, write_boxes, boxes, name="红线", file="red", crs=None):
    from layers.read import read_layer

    path = write_boxes(tmp_path / f"{file}.gpkg", boxes, name=[f"红{i}" for i in range(len(boxes))])
    if crs:
        geopandas.read_file(path).to_crs(crs).to_file(path := tmp_path / f"{file}-other.gpkg")
    return replace(read_layer(path, "ecological_redline"), name=name)


def test_a_feature_is_known_again_and_another_at_its_row_is_not(tmp_path, write_boxes):
    def numbers(boxes, file, crs=None):
        read = layer(tmp_path, write_boxes, boxes, file=file, crs=crs)
        with Workspace.create(tmp_path / f"w-{file}-{bool(crs)}.gpkg") as made:
            made.add(read)
            return features_at(made, "ecological_redline", 1, HERE, GK)

    (then,) = numbers([(0, 0, 500, 500)], "a")
    for file, crs in (("b", None), ("c", "EPSG:4490"), ("d", "EPSG:4547")):
        (now,) = numbers([(0, 0, 500, 500), (900, 900, 950, 950)], file, crs)
        assert same_feature(then, now), (file, then, now)
    for file, other in (("e", (0, 0, 501, 500)), ("f", (900, 900, 950, 950)), ("g", (0, 0.2, 500, 500.2))):
        (now,) = numbers([other], file)
        assert not same_feature(then, now)
    assert numbers([(0, 0, 5, 5)], "h")[0].kind == 2


def test_a_large_feature_that_was_changed_by_the_site_alone_is_another():
    from sanxian.seen import _numbers

    site = transform(HERE, CRS.from_user_input(GK), CGCS2000)
    large = box(350000, 3250000, 450000, 3350000).difference(box(402000, 3290000, 403200, 3292000))
    other = box(350000, 3250000, 450000, 3350000).difference(box(402000, 3290000, 403210, 3292000))
    one, two = (_numbers("red", transform(shape, CRS.from_user_input(GK), CGCS2000), site) for shape in (large, other))
    assert one.bounds == two.bounds
    assert not same_feature(one, two)
    assert same_feature(one, one)


# ------------------------------------------------------------------------------------------------ the whole of it


def run(path, site, crs=GK, on=DAY, **attributes):
    from sanxian.request import Project
    from sanxian.screen import rule_set, screen

    with Workspace.open(path, readonly=True) as opened:
        return screen(opened, [Project("P", "甲", site, crs, FACTORY | attributes)], rule_set(opened), on=on).projects[0]


def keep(path, *made):
    with Workspace.open(path) as opened:
        opened.set_state("overrides", [one.to_dict() for one in made])


def saw(path, site, rule, outcomes):
    with Workspace.open(path, readonly=True) as opened:
        return record(site, GK, rule, outcomes, workspace=opened)


@pytest.fixture
def workspace(tmp_path, write_boxes):
    from layers.read import read_layer

    write_boxes(tmp_path / "admin.gpkg", [(-20e3, -20e3, 20e3, 20e3)], code=["360404"], name=["示例区"], level=["county"])
    with Workspace.create(tmp_path / "w.gpkg") as made:
        made.add(read_layer(tmp_path / "admin.gpkg", "admin"))
        made.add(layer(tmp_path, write_boxes, [(0, 0, 500, 500), (600, 0, 700, 100)]))
    return tmp_path / "w.gpkg"


@pytest.fixture
def site(tmp_path, write_boxes):
    return geopandas.read_file(write_boxes(tmp_path / "site.gpkg", [(400, 400, 600, 600)])).to_crs(GK).geometry.iloc[0]


RULE = "redline-any-development"


def test_a_review_of_a_rule_acts_on_the_outline_that_was_seen_and_again_when_it_is_back(workspace, site):
    before = run(workspace, site)
    keep(workspace, review(rule=RULE, seen=saw(workspace, site, RULE, before.outcomes)))
    for where, crs in ((site, GK), (transform(site, CRS.from_user_input(GK), CGCS2000), "EPSG:4490")):
        found = run(workspace, where, crs)
        assert found.overrides[0].state == "acting"
        assert found.reviewed_verdict is not Verdict.PROHIBITED
    for moved in (translate(site, 1), translate(site, -100), site.buffer(1, join_style="mitre")):
        found = run(workspace, moved)
        assert (found.overrides[0].acting, found.overrides[0].state) == (False, "site-changed")
        assert found.verdict is found.reviewed_verdict is Verdict.PROHIBITED
    assert run(workspace, site).overrides[0].acting
    assert run(workspace, site, on=date(2028, 1, 1)).overrides[0].state == "expired"


def test_a_review_of_another_outcome_than_the_program_now_finds_does_not_act(workspace, site):
    before = run(workspace, translate(site, 5000))
    seen = saw(workspace, site, RULE, before.outcomes)
    assert seen.outcome is not Verdict.PROHIBITED
    keep(workspace, review(rule=RULE, seen=seen))
    found = run(workspace, site)
    assert found.overrides[0].state == "outcome-changed"
    assert found.reviewed_verdict is Verdict.PROHIBITED
    said = found.overrides[0].to_dict()
    assert (said["acting"], said["seen"]["outcome"], said["machine_outcome"]) == (False, str(seen.outcome), "prohibited")
    assert "outline" not in said["seen"]
    assert len(said["seen"]["outline_sha256"]) == 64


def test_attributes_count_by_the_outcome_that_they_lead_to(workspace, site):
    before = run(workspace, site)
    known = {one.rule: one.outcome for one in before.outcomes}
    other = run(workspace, site, national_major_project=True)
    rule = next(one.rule for one in other.outcomes if known[one.rule] is not one.outcome)
    keep(workspace, review(rule=rule, seen=saw(workspace, site, rule, before.outcomes)))
    assert run(workspace, site).overrides[0].acting
    assert run(workspace, site, employees=3).overrides[0].acting
    assert run(workspace, site, national_major_project=True).overrides[0].state == "outcome-changed"


def test_a_review_of_a_sliver_does_not_act_on_the_whole(workspace, site, tmp_path, write_boxes):
    from layers.read import read_layer

    def version(boxes, name, **columns):
        with Workspace.open(workspace) as opened:
            for one in opened.by_role("ecological_redline"):
                opened.remove(one.name)
            path = write_boxes(tmp_path / f"v{name}.gpkg", boxes, name=columns.pop("names", ["红0", "红1"])[: len(boxes)], **columns)
            opened.add(replace(read_layer(path, "ecological_redline"), name="红线"), version=name)

    version([(0, 0, 401, 600), (900, 900, 950, 950)], "2")
    keep(workspace, review(rule=RULE, seen=saw(workspace, site, RULE, run(workspace, site).outcomes)))
    assert run(workspace, site).overrides[0].state == "acting"
    # Far away another shape, rows in another order, columns that no rule asks for: nothing of what was seen.
    version([(-900, 900, -500, 990), (900, 900, 950, 980), (0, 0, 401, 600)], "3", names=["红2", "红1", "红0"], OBJECTID=[7, 8, 9])
    assert run(workspace, site).overrides[0].state == "acting"
    version([(0, 0, 401 + 1e-3, 600)], "4")
    assert run(workspace, site).overrides[0].state == "acting", "rounding"
    for name, boxes, names in (("5", [(0, 0, 700, 700)], ["红0"]), ("6", [(0, 0, 401, 600)], ["红9"]),
                               ("7", [(0, 0, 401, 600), (550, 550, 700, 700)], ["红0", "红1"]), ("8", [(0, 0, 402, 600)], ["红0"])):
        version(boxes, name, names=names)
        found = run(workspace, site)
        assert (found.overrides[0].state, found.reviewed_verdict) == ("grounds-changed", Verdict.PROHIBITED), name
    version([(0, 0, 401, 600)], "9")
    assert run(workspace, site).overrides[0].state == "acting"
    with Workspace.open(workspace) as opened:
        old = Override.from_dict(opened.state("overrides")[0])
    keep(workspace, replace(old, seen=replace(old.seen, grounds=None)))
    assert run(workspace, site).overrides[0].state == "unrecorded", "acts, and is told as one that does not say on what"


@pytest.fixture
def listed(tmp_path, write_boxes):
    """A unit with a list of three clauses, of which one is of another unit."""
    from layers.read import read_layer

    write_boxes(tmp_path / "units.gpkg", [(-20e3, -20e3, 20e3, 20e3)], code=["ZH36040420001"], name=["西"], category=["重点管控单元"])
    with Workspace.create(tmp_path / "u.gpkg") as made:
        made.add(read_layer(tmp_path / "units.gpkg", "control_unit"))
    return tmp_path / "u.gpkg"


def clause(number, text, outcome="prohibited", status="confirmed", **asked):
    from rules.conditions import Attribute
    from rules.model import Clause, Dimension

    ((name, value),) = asked.items()
    return Clause(f"示例-{number}", "unit", "ZH36040420001", Dimension.SPATIAL_LAYOUT, text, "单元清单!F2", status,
                  Attribute(name, "prefix" if isinstance(value, tuple) else "is", value), Verdict(outcome))


def listing(*clauses, key="示例"):
    from rules.model import AccessList

    return AccessList(key, {"zh": "示例清单"}, "example", date(2020, 1, 1), None, tuple(clauses), {"ZH36040420001": {"name": "西"}})


def judged(path, site, *lists, **attributes):
    """One project against lists alone; documents of a list are not looked at here."""
    from dataclasses import replace as with_

    from rules.model import Document
    from sanxian.request import Project
    from sanxian.screen import Screener, rule_set

    rules = rule_set()
    document = Document("example", {"zh": "示例"}, "", "", None, date(2020, 1, 1))
    rules = with_(rules, access_lists=tuple(lists), documents={**rules.documents, "example": document})
    with Workspace.open(path, readonly=True) as opened:
        return Screener(opened, rules, on=DAY).screen_one(Project("P", "甲", site, GK, {**FACTORY, **attributes}))


def test_a_review_of_one_clause_does_not_lift_another(listed, site):
    pond, mine, other = (clause(1, "禁止新建尾矿库。", is_tailings_pond=True), clause(2, "禁止露天采矿。", is_mining=True),
                         clause(3, "禁止畜禽养殖。", is_breeding=True))
    listing_now = listing(pond, mine, other)
    facts = {"is_tailings_pond": True, "is_mining": False, "is_breeding": False}
    rule = "access-list-clause"
    seen = saw(listed, site, rule, judged(listed, site, listing_now, **facts).outcomes)
    keep(listed, review(rule=rule, seen=seen))
    assert seen.outcome is Verdict.PROHIBITED

    def state(*lists, **changes):
        found = judged(listed, site, *lists, **{**facts, **changes})
        assert next(one for one in found.outcomes if one.rule == rule).outcome is Verdict.PROHIBITED
        return found.overrides[0].state

    assert state(listing_now) == "acting"
    assert state(listing_now, is_tailings_pond=False, is_mining=True) == "grounds-changed"
    assert state(listing_now, is_mining=True) == "grounds-changed", "both"
    assert state(listing(pond, mine), listing(clause(9, "禁止畜禽养殖。", is_breeding=True), key="又一")) == "acting"
    assert state(listing(replace(pond, id="2027-5"), mine), is_breeding=None) == "acting", "numbered anew, one clause less"
    assert state(listing(replace(pond, text="禁止新建、扩建尾矿库。"), mine)) == "grounds-changed"
    assert state(listing(pond, mine, clause(4, "待核条款", status="machine_read", is_breeding=True))) == "grounds-changed", "nobody read it"


def test_facts_of_the_project_that_are_asked_for_are_grounds_and_others_are_not(listed, site):
    rule, now = "access-list-clause", listing(clause(1, "禁止化工。", industry_code=("C26",)), clause(2, "禁止露天采矿。", is_mining=True))
    facts = {"industry_code": ("C2614",), "is_mining": False}
    keep(listed, review(rule=rule, seen=saw(listed, site, rule, judged(listed, site, now, **facts).outcomes)))
    states = [judged(listed, site, now, **{**facts, **more}).overrides[0].state for more in (
        {}, {"employees": 3, "nature": ("expand",)}, {"industry_code": ("C2631",)}, {"industry_code": ("C1712",)})]
    assert states == ["acting", "acting", "grounds-changed", "outcome-changed"]


@given(st.floats(-0.0015, 0.0015), st.floats(0.05, 50), st.sampled_from([0.0, 3.0, 812.5, 9_876.543]), st.floats(0, 1e7))
def test_law_what_is_measured_may_move_by_rounding_and_no_farther(jitter, farther, distance_m, area):
    from sanxian.grounds import same_grounds
    from sanxian.overrides import Grounds, Met

    def met(metres, m2):
        return Grounds("w", (Met("a", "x", "", m2, 0.0, metres), Met("b", "y")))

    one = met(distance_m, area)
    assert same_grounds(one, met(distance_m + jitter, area + jitter * 800), 800.0)
    assert not same_grounds(one, met(distance_m + farther, area), 800.0)
    assert not same_grounds(one, met(distance_m, area + 800 * farther), 800.0)
    assert not same_grounds(one, Grounds("v", one.met), 800.0)
    assert not same_grounds(one, Grounds("w", one.met[:1]), 800.0)


def test_a_row_that_became_something_else_at_the_same_place_is_not_left_out(tmp_path, write_boxes, site):
    from layers.read import read_layer

    def zone(version, **columns):
        with Workspace.open(tmp_path / "z.gpkg") as opened:
            path = write_boxes(tmp_path / f"zone{version}.gpkg", [(0, 0, 500, 500)], **{"name": ["示例水厂"], "grade": ["2"], **columns})
            opened.add(replace(read_layer(path, "water_source"), name="水源"), version=version)

    Workspace.create(tmp_path / "z.gpkg").close()
    zone("1")
    with Workspace.open(tmp_path / "z.gpkg") as opened:
        features = features_at(opened, "water_source", 1, site, GK)
    left = review(rule="", outcome=None, layer="water_source", feature_id=1, seen=record(site, GK, features=features))
    keep(tmp_path / "z.gpkg", left)
    states = {}
    for version, columns in (("2", {}), ("3", {"grade": ["1"]}), ("4", {"name": ["别的水厂"]}), ("5", {"OBJECTID": [77]}), ("6", {"grade": ["1"]})):
        zone(version, **columns)
        found = run(tmp_path / "z.gpkg", site, is_water_supply=False)
        states[version] = found.overrides[0].state
        if version == "3":
            one = {item.rule: item.outcome for item in found.outcomes}
            assert one["water-source-grade-1"] is Verdict.PROHIBITED
            assert found.reviewed_verdict is Verdict.PROHIBITED
    assert states == {"2": "acting", "3": "feature-changed", "4": "feature-changed", "5": "acting", "6": "feature-changed"}
    keep(tmp_path / "z.gpkg", replace(left, seen=replace(left.seen, features=(replace(features[0], traits=""),))))
    assert run(tmp_path / "z.gpkg", site).overrides[0].state == "unrecorded", "of before: by the shape alone, and told"


def test_a_review_of_before_acts_as_before_and_is_told_as_one(workspace, site):
    keep(workspace, review(rule=RULE), review(rule="", outcome=None, layer="ecological_redline", feature_id=1))
    for where in (site, translate(site, -50)):
        found = run(workspace, where)
        assert [one.acting for one in found.overrides] == [True, True]
        assert [one.state for one in found.overrides] == ["unrecorded"] * 2
        assert "seen" not in found.overrides[0].to_dict()


def test_a_feature_is_left_out_as_long_as_its_row_holds_it(workspace, site, tmp_path, write_boxes):
    with Workspace.open(workspace) as opened:
        features = features_at(opened, "ecological_redline", 1, site, GK)
    left = review(rule="", outcome=None, layer="ecological_redline", feature_id=1, seen=record(site, GK, features=features))
    keep(workspace, left)
    found = run(workspace, site)
    assert (found.verdict, found.overrides[0].state) == (Verdict.PROHIBITED, "acting")
    assert found.reviewed_verdict is not Verdict.PROHIBITED
    with Workspace.open(workspace) as opened:  # the same as a new version, and then one in which its row is another's
        opened.add(layer(tmp_path, write_boxes, [(0, 0, 500, 500), (600, 0, 700, 100)], file="same"), version="2")
    assert run(workspace, site).overrides[0].acting
    with Workspace.open(workspace) as opened:
        opened.add(layer(tmp_path, write_boxes, [(450, 450, 700, 700), (0, 0, 500, 500)], file="other"), version="3")
    found = run(workspace, site)
    assert (found.reviewed_verdict, found.overrides[0].state) == (Verdict.PROHIBITED, "feature-changed")
    with Workspace.open(workspace) as opened:
        opened.remove(opened.by_role("ecological_redline")[0].name)
    assert run(workspace, site).overrides[0].acting, "the version before is current again"
    with Workspace.open(workspace) as opened:
        for one in [one.name for one in opened.layers() if one.role == "ecological_redline"]:
            opened.remove(one)
    assert run(workspace, site).overrides[0].state == "feature-changed"


def test_a_row_of_the_same_number_in_another_layer_is_not_left_out(workspace, site, tmp_path, write_boxes):
    with Workspace.open(workspace) as opened:
        features = features_at(opened, "ecological_redline", 1, site, GK)
        opened.add(layer(tmp_path, write_boxes, [(550, 550, 800, 800)], name="另一个红线", file="second"))
    keep(workspace, review(rule="", outcome=None, layer="ecological_redline", feature_id=1,
                           seen=record(site, GK, features=features)))
    found = run(workspace, site)
    assert found.overrides[0].acting
    assert found.reviewed_verdict is Verdict.PROHIBITED, "the other layer's first feature was never looked at"
    assert of_project([found.overrides[0].override], "P")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_the_command_line_to_reports_bundle_and_batch(workspace, tmp_path, write_boxes, capsys, language):
    import json

    import openpyxl

    from sanxian.cli import main

    columns = {"id": ["P1"], "name": ["甲"], "industry_code": ["C2614"], "nature": ["新建"], "national_major_project": ["否"],
               "limited_activity": ["0"]}
    here = write_boxes(tmp_path / "here.gpkg", [(400, 400, 600, 600)], **columns)
    moved = write_boxes(tmp_path / "moved.gpkg", [(300, 300, 500, 500)], **columns)
    made = ["--lang", language, "override", str(workspace), "--project", "P1", "--rule", RULE, "--outcome", "permitted",
            "--reason", "r", "--person", "p", "--on", "2026-11-01", "--expires", "2027-12-31"]
    assert main([*made, "--projects", str(moved.with_name("none.gpkg"))]) == 2
    capsys.readouterr()
    assert main([*made, "--projects", str(here)]) == 0
    assert capsys.readouterr().err == ""
    states = {}
    for file, code in ((here, None), (moved, 1)):
        out = [tmp_path / f"{file.stem}.{suffix}" for suffix in ("json", "html", "xlsx", "docx", "geojson")]
        done = main(["--lang", language, "screen", str(workspace), str(file), "--on", "2026-11-22", "--out", *map(str, out),
                     "--bundle", str(tmp_path / f"{file.stem}.zip")])
        assert code in (None, done)
        capsys.readouterr()
        (project,) = json.loads(out[0].read_text("utf-8"))["projects"]
        states[file.stem] = project["overrides"][0]["state"], project["overrides"][0]["seen"]["outcome"], project["reviewed_verdict"]
        words = "复核后用地已变" if language == "zh" else "the site has changed since"
        told = [words in out[1].read_text("utf-8"), any(
            words in str(cell.value) for sheet in openpyxl.load_workbook(out[2]) for row in sheet.iter_rows() for cell in row)]
        assert told == [file is moved] * 2
        assert main(["--lang", language, "verify", str(tmp_path / f"{file.stem}.zip")]) == 0
        assert main(["--lang", language, "batch", str(workspace), str(file), "--on", "2026-11-22", "--out",
                     str(tmp_path / f"{file.stem}.parquet")]) == 0
        frame = geopandas.read_parquet(tmp_path / f"{file.stem}.parquet")
        assert list(frame["review_states"][0]) == [project["overrides"][0]["state"]]
        assert frame["reviewed_verdict"][0] == project["reviewed_verdict"]
    assert states["moved"] == ("site-changed", "prohibited", "prohibited")
    assert states["here"][:2] == ("acting", "prohibited")
    assert states["here"][2] != "prohibited"
    capsys.readouterr()
    assert main([*made, "--exclude", "ecological_redline:1"]) == 2, "one or the other"
    assert main(made) == 0
    assert "--projects" in capsys.readouterr().err


def test_the_command_line_finds_the_project_in_the_workspace(workspace, tmp_path, write_boxes, capsys):
    from layers.read import read_layer
    from sanxian.cli import main

    write_boxes(tmp_path / "sites.gpkg", [(400, 400, 600, 600)], id=["P1"], name=["甲"])
    with Workspace.open(workspace) as opened:
        opened.add(read_layer(tmp_path / "sites.gpkg", "project_site"))
    assert main(["override", str(workspace), "--project", "P1", "--exclude", "ecological_redline:1", "--reason", "r", "--person", "p",
                 "--on", "2026-11-01", "--expires", "2027-12-31"]) == 0
    assert capsys.readouterr().err == ""
    with Workspace.open(workspace, readonly=True) as opened:
        (kept,) = map(Override.from_dict, opened.state("overrides"))
    assert kept.remembered
    assert kept.seen.features[0].around == pytest.approx(197 * 211, rel=0.03)

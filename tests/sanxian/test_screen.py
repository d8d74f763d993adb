"""From geometry to verdict, on shapes whose answers can be worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, box
from shapely.affinity import translate

from layers.workspace import Workspace
from rules.model import Verdict
from rules.ruleset import relations_of
from sanxian.request import Project
from sanxian.screen import rule_set, screen

X, Y = 402_000.0, 3_290_000.0
DAY = date(2026, 11, 22)
# the square of the scale factor of EPSG:4548 here, 1.01 degrees from its central meridian: plane over ground
STRETCH = 1.000237
FACTORY = {"nature": ("new",), "industry_code": ("C2614",), "national_major_project": False, "limited_activity": 0.0}


def run(path, geometry, attributes=FACTORY, *, crs="EPSG:4548", on=DAY):
    site = translate(geometry, X, Y) if crs == "EPSG:4548" else geometry
    with Workspace.open(path, readonly=True) as workspace:
        result = screen(workspace, [Project("P", "项目", site, crs, attributes)], rule_set(workspace), on=on)
    return result.projects[0]


def outcome(project, rule):
    return next(item for item in project.outcomes if item.rule == rule)


def test_overlap_is_counted_once_and_by_feature(workspace):
    project = run(workspace, box(400, 400, 600, 600))  # 200 m square; the parts share 100 x 100 m of it
    found = outcome(project, "redline-any-development")
    assert found.outcome is Verdict.PROHIBITED
    by_feature = {item.feature: item.overlap_m2 for item in found.evidence}
    assert by_feature["示例红线甲"] == pytest.approx(40_000 / STRETCH, rel=2e-5)
    assert by_feature["示例红线乙"] == pytest.approx(10_000 / STRETCH, rel=2e-5)
    assert project.redline.overlap_m2 == pytest.approx(40_000 / STRETCH, rel=2e-5)
    assert project.redline.share == pytest.approx(1.0)
    assert project.site.crs == "EPSG:4548"


def test_shares_of_units_sum_to_one(workspace):
    project = run(workspace, box(-100, 2000, 300, 2100))
    assert [unit.code for unit in project.control_units] == ["ZH36040410001", "ZH36040420001"]
    assert [unit.share for unit in project.control_units] == [pytest.approx(0.75, abs=1e-6), pytest.approx(0.25, abs=1e-6)]
    assert project.control_units[0].area_m2 == pytest.approx(30_000 / STRETCH, rel=2e-5)


@pytest.mark.parametrize(
    ("north_m", "verdict"),
    [(3900.0, Verdict.PERMITTED), (4000.5, Verdict.PROHIBITED), (4300.0, Verdict.PROHIBITED)],
)
def test_distance_to_the_bank_from_the_outline(workspace, north_m, verdict):
    found = outcome(run(workspace, box(-3000, 3500, -2900, north_m)), "yangtze-bank-1km-chemical")
    assert found.outcome is verdict
    assert found.evidence[0].distance_m == pytest.approx((5000 - north_m) / STRETCH**0.5, rel=1e-4)
    assert found.evidence[0].baseline == "levee"


def test_a_rebuild_is_not_concerned_by_the_bank_rule(workspace):
    project = run(workspace, box(-3000, 4100, -2900, 4200), {**FACTORY, "nature": ("rebuild",)})
    assert outcome(project, "yangtze-bank-1km-chemical").outcome is Verdict.NOT_APPLICABLE


def test_touching_the_redline_is_not_clear(workspace):
    found = outcome(run(workspace, box(-100, 0, 0, 100)), "redline-any-development")
    assert found.outcome is Verdict.UNDETERMINED
    assert found.borderline
    assert found.missing == ("survey:ecological_redline",)
    apart = outcome(run(workspace, box(-100, 0, -1, 100)), "redline-any-development")
    assert apart.outcome is Verdict.PERMITTED
    assert apart.margin_m == pytest.approx(1.0, rel=1e-3)


def test_a_sliver_is_a_prohibition(workspace):
    found = outcome(run(workspace, box(-100, 0, 0.005, 100)), "redline-any-development")
    assert found.outcome is Verdict.PROHIBITED
    assert found.evidence[0].overlap_m2 == pytest.approx(0.5, rel=1e-3)


def test_outside_every_coverage_is_open(workspace):
    project = run(workspace, box(30e3, 0, 30.1e3, 100))
    assert project.verdict is Verdict.UNDETERMINED
    assert outcome(project, "redline-any-development").missing == ("coverage:ecological_redline",)


def test_half_outside_the_coverage_is_open(workspace):
    project = run(workspace, box(19_900, 0, 20_100, 100))
    assert outcome(project, "redline-any-development").missing == ("coverage:ecological_redline",)


@pytest.mark.parametrize(
    ("site", "kind"),
    [
        (Point(500, 500), "Point"),
        (LineString([(-500, 250), (500, 250)]), "LineString"),
        (MultiPolygon([box(-900, 0, -800, 100), box(100, 100, 200, 200)]), "MultiPolygon"),
        (shapely.multipoints([(-900, 0), (500, 500)]), "MultiPoint"),
    ],
)
def test_every_kind_of_site(workspace, site, kind):
    project = run(workspace, site)
    found = outcome(project, "redline-any-development")
    assert project.site.geometry_type == kind
    assert found.outcome is Verdict.PROHIBITED
    assert sum(unit.share for unit in project.control_units) == pytest.approx(1.0, abs=1e-6)
    if kind == "LineString":
        assert found.evidence[0].overlap_m == pytest.approx(500 / STRETCH**0.5, rel=1e-4)
        assert found.evidence[0].share == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", "EPSG:4527", "EPSG:4526", "EPSG:4547"])
def test_the_same_place_in_any_crs_gives_the_same_facts(workspace, crs):
    import geopandas

    square = translate(box(400, 400, 600, 600), X, Y)
    moved = geopandas.GeoSeries([square], crs=4548).to_crs(crs).iloc[0]
    project = run(workspace, moved, crs=crs)
    plain = run(workspace, box(400, 400, 600, 600))
    assert project.site.area_m2 == pytest.approx(plain.site.area_m2, rel=1e-6)
    assert project.redline.overlap_m2 == pytest.approx(plain.redline.overlap_m2, rel=1e-5)
    assert project.verdict is plain.verdict


def test_two_runs_give_the_same_bytes(workspace):
    with Workspace.open(workspace, readonly=True) as opened:
        project = Project("P", "项目", translate(box(400, 400, 600, 600), X, Y), "EPSG:4548", FACTORY | {"noise_emitting": False})
        texts = {screen(opened, [project], rule_set(opened), on=DAY).to_json() for _ in range(2)}
    assert len(texts) == 1


def test_the_law_of_the_day_is_cited(workspace):
    site = box(400, 400, 600, 600)
    before = outcome(run(workspace, site, on=date(2026, 8, 14)), "redline-any-development")
    after = outcome(run(workspace, site, on=date(2026, 8, 15)), "redline-any-development")
    assert "ecological-environment-code" not in {basis.document for basis in before.basis}
    assert "ecological-environment-code" in {basis.document for basis in after.basis}


def test_the_redline_is_compared_on_days_whose_rules_do_not_ask_for_it(workspace):
    from sanxian.reports import content

    with Workspace.open(workspace, readonly=True) as opened:
        rules = rule_set(opened)
        day = date(2010, 1, 1)
        assert "ecological_redline" not in {relation.layer for relation in relations_of(rules.on(day).rules)}
        site = Project("P", "项目", translate(box(400, 400, 600, 600), X, Y), "EPSG:4548", FACTORY | {"noise_emitting": False})
        result = screen(opened, [site], rules, on=day)
    [project] = result.projects
    assert project.redline.checked
    assert project.redline.overlap_m2 == pytest.approx(40_000 / STRETCH, rel=2e-5)
    assert project.verdict is Verdict.UNDETERMINED
    assert "ecological_redline" not in result.missing_roles
    words = content.build(result, ruleset=rules).projects[0]
    assert "重叠面积" in "".join(words.redline)
    assert "未加载" not in "".join(words.redline)
    assert words.missing == ()
    assert words.conclusion[0] == "判定基准日的法律没有收全，不能得出结论；不得视为符合准入要求。"
    assert "下列资料" not in "".join(words.conclusion)


def test_overrides_stand_beside_and_expire(workspace):
    made = {
        "project": "P", "rule": "redline-any-development", "outcome": "permitted", "reason": "边界复核", "person": "张三",
        "made_on": "2026-11-01", "expires_on": "2026-11-22",
    }  # fmt: skip
    with Workspace.open(workspace) as opened:
        opened.set_state("overrides", [made])
    site = box(400, 400, 600, 600)
    project = run(workspace, site)
    assert outcome(project, "redline-any-development").outcome is Verdict.PROHIBITED
    assert project.verdict is Verdict.PROHIBITED
    assert project.overrides[0].acting
    assert project.reviewed_verdict is not Verdict.PROHIBITED
    expired = run(workspace, site, on=date(2026, 11, 23))
    assert not expired.overrides[0].acting
    assert expired.reviewed_verdict is Verdict.PROHIBITED


def test_a_feature_left_out_changes_the_reviewed_verdict_only(workspace):
    made = {
        "project": "P", "layer": "ecological_redline", "feature_id": 1, "reason": "图斑有误", "person": "张三",
        "made_on": "2026-11-01", "expires_on": "2027-11-22",
    }  # fmt: skip
    with Workspace.open(workspace) as opened:
        opened.set_state("overrides", [made])
    project = run(workspace, box(100, 100, 200, 200))
    assert project.verdict is Verdict.PROHIBITED
    assert project.reviewed_verdict is Verdict.UNDETERMINED  # other layers are missing; the redline no longer hits


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", "EPSG:4548", "EPSG:4547"])
def test_one_edge_through_two_crs_is_a_touching_edge(tmp_path, write_boxes, crs):
    import geopandas

    from layers.read import read_layer

    write_boxes(tmp_path / "admin.gpkg", [(-20e3, -20e3, 20e3, 20e3)], code=["360404"], name=["示例区"], level=["county"])
    red, site = box(116.01, 29.71, 116.02, 29.72), box(116.0, 29.7102, 116.01, 29.7134)
    geopandas.GeoDataFrame({"name": ["红"]}, geometry=[red], crs=4490).to_file(tmp_path / "red.gpkg")
    with Workspace.create(tmp_path / "w.gpkg") as made:
        made.add(read_layer(tmp_path / "admin.gpkg", "admin"))
        made.add(read_layer(tmp_path / "red.gpkg", "ecological_redline"))
    moved = geopandas.GeoSeries([site], crs=4490).to_crs(crs).iloc[0]
    found = outcome(run(tmp_path / "w.gpkg", moved, crs=crs) if crs != "EPSG:4548" else
                    run(tmp_path / "w.gpkg", translate(moved, -X, -Y)), "redline-any-development")
    assert (found.outcome, found.borderline) == (Verdict.UNDETERMINED, True)
    assert found.missing == ("survey:ecological_redline",)


@pytest.mark.parametrize(("reach", "verdict"), [(150.0, Verdict.PERMITTED), (20.0, Verdict.PROHIBITED)])
def test_core_area_in_the_redline_asks_for_one_place_in_both(tmp_path, write_boxes, reach, verdict):
    from layers.read import read_layer

    write_boxes(tmp_path / "admin.gpkg", [(-20e3, -20e3, 20e3, 20e3)], code=["360404"], name=["示例区"], level=["county"])
    write_boxes(tmp_path / "red.gpkg", [(0, 0, 100, 100)], name=["红"])
    write_boxes(tmp_path / "core.gpkg", [(reach, 0, 300, 100)], name=["核心"], zone=["core"], kind=["nature_reserve"])
    with Workspace.create(tmp_path / "w.gpkg") as made:
        for file, role in (("admin", "admin"), ("red", "ecological_redline"), ("core", "protected_area")):
            made.add(read_layer(tmp_path / f"{file}.gpkg", role))
    project = run(tmp_path / "w.gpkg", box(50, 10, 250, 90))
    assert outcome(project, "redline-core-protected-area").outcome is verdict
    assert outcome(project, "redline-any-development").outcome is Verdict.PROHIBITED
    assert outcome(project, "protected-core-area").outcome is Verdict.PROHIBITED


def test_a_basin_rule_does_not_reach_another_basin(tmp_path, write_boxes):
    import geopandas

    from layers.read import read_layer

    bank = geopandas.GeoDataFrame(
        {"river": ["某河"], "rank": ["main"], "baseline": ["levee"]},
        geometry=[LineString([(X - 15e3, Y + 500), (X + 15e3, Y + 500)])], crs=4548,
    )  # fmt: skip
    bank.to_file(tmp_path / "bank.gpkg")
    found = []
    for code in ("110101", "360404", None):
        path = tmp_path / f"{code}.gpkg"
        with Workspace.create(path) as made:
            if code is not None:
                write_boxes(tmp_path / "admin.gpkg", [(-20e3, -20e3, 20e3, 20e3)], code=[code], name=["某区"], level=["county"])
                made.add(read_layer(tmp_path / "admin.gpkg", "admin"))
            made.add(read_layer(tmp_path / "bank.gpkg", "river_bank"))
        found.append(outcome(run(path, box(0, 0, 100, 100)), "yangtze-bank-1km-chemical").outcome)
    assert found == [Verdict.NOT_APPLICABLE, Verdict.PROHIBITED, Verdict.PROHIBITED]


def test_a_site_smaller_than_a_hand_is_outside_the_coverage_all_the_same(workspace):
    project = run(workspace, box(30e3, 0, 30e3 + 0.02, 0.02))
    assert outcome(project, "redline-any-development").missing == ("coverage:ecological_redline",)


@pytest.mark.parametrize(("kind", "verdict", "asked"), [
    ("住宅楼", "prohibited", False), (" 商住楼", "prohibited", False), ("医院", "permitted", False),
    ("居民小区", "undetermined", True), ("村庄", "undetermined", True), (None, "undetermined", True),
])
def test_a_kind_of_receptor_that_may_be_homes_is_unknown_and_kept(tmp_path, write_boxes, kind, verdict, asked):
    path = tmp_path / "w.gpkg"
    write_boxes(tmp_path / "receptors.gpkg", [(-500, -500, 500, 500)], code=["1"], kind=[kind])
    write_boxes(tmp_path / "admin.gpkg", [(-20e3, -20e3, 20e3, 20e3)], code=["360404"], name=["示例区"], level=["county"])
    from layers.read import read_layer

    with Workspace.create(path) as made:
        made.add(read_layer(tmp_path / "admin.gpkg", "admin"))
        made.add(read_layer(tmp_path / "receptors.gpkg", "receptor"))
        assert made.read(made.layers()[1].name)["kind"].tolist() == [kind and kind.strip()]
    catering = {"industry_code": ("6210",), "nature": "new", "emits_odour": True, "emits_air": True, "land_use_after": "commercial"}
    found = outcome(run(path, box(0, 0, 100, 100), catering), "catering-in-housing")
    assert str(found.outcome) == verdict
    assert ("field:receptor.kind" in found.missing) is asked


@pytest.mark.parametrize("strange", [
    {"industry_code": ("餐馆",)}, {"industry_code": ("9999",)}, {"industry_code": "机械厂"}, {"wastewater": "不清楚哪种"}, {"nature": ("有点新",)},
    {"new_outlet": "xxxx", "emits_air": "也许"}, {"limited_activity": "很多"},
])
def test_what_an_attribute_cannot_be_says_as_little_as_nothing(workspace, strange):
    """A rule that was told "no" by a word that nobody can read would call a ban not applicable."""
    said = {name: value for name, value in FACTORY.items() if name not in strange}
    for geometry in (box(400, 400, 600, 600), box(-3000, 3500, -2900, 4300)):
        without, with_it = (run(workspace, geometry, one) for one in (said, {**said, **strange}))
        assert [(one.rule, one.outcome, one.missing) for one in with_it.outcomes] == [
            (one.rule, one.outcome, one.missing) for one in without.outcomes]
        assert with_it.verdict is without.verdict

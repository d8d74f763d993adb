"""The demo district holds together as a place: its zones fit, its codes are codes, its bank is as long as it says."""

from __future__ import annotations

import re

import geopandas
import pyproj
import pytest
import shapely

from layers.schema import ROLES
from sanxian.demo import draw
from sanxian.demo.ground import SURVEYED_BANK_M
from spatial.measure import length_m

LEFT_OUT = {"groundwater_zone", "project_site", "raster"}


@pytest.fixture(scope="module")
def frames():
    return draw.layers()


@pytest.fixture(scope="module")
def metres(frames):
    return {role: frame.to_crs("EPSG:4548") for role, frame in frames.items()}


def test_every_role_is_drawn_but_the_one_left_out_on_purpose(frames):
    assert set(ROLES) - set(frames) == LEFT_OUT


@pytest.mark.parametrize("role", sorted(draw.DRAWN))
def test_a_layer_is_valid_and_in_the_words_of_the_contract(frames, role):
    frame, schema = frames[role], ROLES[role]
    assert len(frame)
    assert frame.is_valid.all()
    assert not frame.is_empty.any()
    kinds = {kind.removeprefix("Multi") for kind in frame.geom_type}
    expected = {"polygon": {"Polygon"}, "line": {"LineString"}, "point": {"Point"}}.get(schema.geometry, kinds)
    assert kinds <= expected
    for field in schema.fields:
        if field.name in frame and field.kind == "choice":
            assert set(frame[field.name].dropna()) <= set(field.choices), field.name
        if field.expected or field.required:
            assert field.name in frame, field.name
            assert frame[field.name].notna().all(), field.name


def test_everything_says_that_it_is_made_up(frames):
    for role, frame in frames.items():
        assert (frame["remark"] == "示例").all()
        if "name" in frame:
            assert frame["name"].str.contains("示例").all(), role
    for plan in draw.plans().values():
        assert plan.title.startswith("示例")
        assert plan.version.startswith("示例")
        assert "虚构" in plan.source


def test_two_drawings_have_the_same_bytes(frames):
    again = draw.layers()
    for role, frame in frames.items():
        assert frame.to_wkb().to_csv() == again[role].to_wkb().to_csv(), role


def test_control_units_are_the_district_without_gap_or_overlap(frames, metres):
    units = frames["control_unit"]
    assert shapely.coverage_is_valid(units.geometry.values)
    whole = metres["admin"].loc[metres["admin"].code == "360403"].geometry.iloc[0]
    union = metres["control_unit"].union_all()
    assert union.symmetric_difference(whole).area < 1.0
    assert metres["control_unit"].area.sum() == pytest.approx(union.area, abs=0.5)
    assert set(units.category) == {"priority", "key", "general"}


def test_unit_codes_are_in_the_invented_range_and_say_their_class(frames):
    digits = {"priority": "1", "key": "2", "general": "3"}
    units = frames["control_unit"]
    assert units.code.is_unique
    for code, category in zip(units.code, units.category, strict=True):
        assert re.fullmatch(rf"ZH360403{digits[category]}99\d\d", code)


def test_neighbours_leave_no_gap(metres):
    assert shapely.coverage_is_valid(metres["admin"].geometry.values, gap_width=0.0) or (
        metres["admin"].area.sum() == pytest.approx(metres["admin"].union_all().area, abs=1.0)
    )
    assert {len(code) for code in metres["admin"].code} == {6}


def test_the_surveyed_bank_is_11_7_kilometres(frames):
    banks = frames["river_bank"]
    surveyed = banks[banks.surveyed.astype(bool)]
    assert list(surveyed.baseline) == ["water_edge"]
    assert list(surveyed["rank"]) == ["main"]
    assert pyproj.Geod(ellps="GRS80").geometry_length(surveyed.geometry.iloc[0]) == pytest.approx(SURVEYED_BANK_M, abs=3)
    assert length_m(surveyed.geometry.values, surveyed.crs)[0] == pytest.approx(SURVEYED_BANK_M, abs=3)
    main = banks[(banks["rank"] == "main") & (banks.side == "right")]
    assert {"management", "levee", "water_edge"} <= set(main.baseline)
    assert {"main", "important_tributary", "tributary", "lake"} == set(banks["rank"])


def test_redlines_have_holes_and_overlap(metres):
    redlines = metres["ecological_redline"]
    assert sum(len(part.interiors) for part in redlines.geometry.explode()) >= 3
    assert redlines.area.sum() - redlines.union_all().area > 100_000


def test_zones_that_must_not_overlap_do_not(metres):
    for role in ("water_source", "noise_zone", "fuel_ban_zone", "river_management"):
        assert metres[role].area.sum() - metres[role].union_all().area < 1.0, role
    for element in ("air", "water"):
        zones = metres["element_zone"][metres["element_zone"].element == element]
        assert zones.area.sum() - zones.union_all().area < 1.0, element


def test_farmland_is_clear_of_water_town_and_redline(metres):
    farmland = metres["permanent_farmland"].union_all()
    for role in ("water_body", "built_up_area", "industrial_park", "ecological_redline"):
        assert farmland.intersection(metres[role].union_all()).area < 1.0, role


def test_one_layer_covers_a_part_and_a_few_are_stored_in_metres(frames):
    plans = draw.plans()
    whole = plans["control_unit"].coverage
    partial = [role for role, plan in plans.items() if plan.coverage.area < 0.9 * whole.area]
    assert partial == ["noise_sensitive"]
    assert {frame.crs.to_epsg() for frame in frames.values()} == {4490, 4548}


def test_sources_and_sewers_lead_to_something_that_is_there(frames):
    outlets, sources = set(frames["discharge_outlet"].name), set(frames["pollution_source"].name)
    for role in ("pollution_source", "sewer"):
        assert set(frames[role]["leads_to"].dropna()) <= outlets | sources
    assert set(frames["sewer"]["leads_to"].dropna()) & outlets


class TestOutlets:
    @pytest.fixture
    def outlets(self, metres) -> geopandas.GeoDataFrame:
        return metres["discharge_outlet"]

    def test_there_are_180_on_the_bank(self, outlets, metres):
        assert len(outlets) == 180
        banks = metres["river_bank"]
        edge = banks[banks.surveyed.astype(bool)].geometry.iloc[0]
        assert outlets.distance(edge).max() < 0.5

    def test_codes_are_codes(self, outlets):
        assert outlets.code.is_unique
        assert outlets.code.str.fullmatch(r"FA-360403-\d{4}-(GY|SH|NY|QT|YH|GK|GQ)-00").all()

    def test_words_are_those_of_the_register(self, outlets):
        assert set(outlets.kind) == {"工业排污口", "城镇污水处理厂排污口", "农业排口", "其他排口"}
        assert set(outlets.measure_kind) == {"依法取缔", "清理合并", "规范整治", "无需整治"}
        assert set(outlets.stage.dropna()) == {"未整治", "整治中", "完成整治"}
        assert set(outlets.approval) == {"已审批", "已登记", "未审批", "未登记"}

    def test_a_record_follows_the_order_of_the_work(self, outlets):
        for row in outlets.itertuples():
            assert row.found_on <= (row.traced_on or row.found_on)
            assert (row.finished is None) == (row.stage != "完成整治")
            if row.accepted_on:
                assert row.finished <= row.accepted_on
            assert row.traced == (row.responsible is not None)
            assert row.monitored or row.cod is None or row.cod != row.cod

    def test_most_is_done_and_some_is_late(self, outlets):
        due = outlets[outlets.measure_kind != "无需整治"]
        done = (due.stage == "完成整治").mean()
        assert 0.6 < done < 0.9
        late = due[(due.stage != "完成整治") & (due.due < "2024-09-30")]
        assert 1 <= len(late) <= 20

"""Screening the demo: each project comes to the verdict that its row promises, and for the reason given there."""

from __future__ import annotations

from datetime import date

import pytest

from layers.workspace import Workspace
from rules.model import Verdict
from sanxian.demo import build, projects
from sanxian.request import load_projects
from sanxian.screen import rule_set, screen

ON = date(2026, 11, 22)


@pytest.fixture(scope="module")
def screening(tmp_path_factory):
    made = build(tmp_path_factory.mktemp("demo"))
    asked, digest = load_projects(made.projects)
    with Workspace.open(made.workspace, readonly=True) as workspace:
        return screen(workspace, asked, rule_set(workspace), on=ON, projects_sha256=digest)


@pytest.fixture(scope="module")
def results(screening):
    return {result.id: result for result in screening.projects}


def outcome(result, rule):
    return next(item for item in result.outcomes if item.rule == rule)


def test_every_verdict_occurs(screening):
    assert {str(result.verdict) for result in screening.projects} == set(Verdict) - {"not_applicable"}


@pytest.mark.parametrize("plan", projects.plans(), ids=lambda plan: plan["id"])
def test_a_project_comes_to_the_verdict_of_its_row(results, plan):
    assert str(results[plan["id"]].verdict) == plan["verdict"]


def test_the_role_left_out_is_named(screening):
    assert "groundwater_zone" in screening.missing_roles
    assert len(screening.missing_roles) == 1


@pytest.mark.parametrize(
    ("number", "rule", "verdict"),
    [
        ("SL-06", "yangtze-bank-1km-chemical", "not_applicable"),  # a rebuild is neither new nor an expansion
        ("SL-07", "yangtze-bank-1km-chemical", "prohibited"),
        ("SL-08", "yangtze-bank-1km-chemical", "undetermined"),
        ("SL-09", "yangtze-bank-1km-chemical", "prohibited"),
        ("SL-12", "coal-boiler-built-up", "prohibited"),
        ("SL-12", "fuel-ban-zone", "prohibited"),
        ("SL-14", "contaminated-land-use", "prohibited"),
        ("SL-17", "noise-sensitive-new-plant", "prohibited"),
        ("SL-18", "noise-sensitive-new-plant", "undetermined"),  # that layer ends west of it
        ("SL-27", "water-source-outlet", "prohibited"),
        ("SL-28", "water-function-zone-below-target", "restricted"),
        ("SL-31", "water-source-grade-2", "not_applicable"),  # it discharges nothing
        ("SL-32", "water-source-grade-2", "prohibited"),
        ("SL-33", "water-source-grade-1", "conditional"),
        ("SL-34", "redline-any-development", "prohibited"),
        ("SL-35", "redline-any-development", "undetermined"),
        ("SL-36", "redline-any-development", "prohibited"),
        ("SL-37", "redline-limited-activity-land", "conditional"),
        ("SL-40", "permanent-farmland", "prohibited"),
        ("SL-42", "livestock-ban-areas", "prohibited"),
        ("SL-44", "yangtze-tailings-pond", "prohibited"),
        ("SL-46", "access-list-clause", "undetermined"),
    ],
)
def test_the_reason_is_the_one_given(results, number, rule, verdict):
    assert str(outcome(results[number], rule).outcome) == verdict


def test_touching_the_redline_asks_for_a_survey(results):
    item = outcome(results["SL-35"], "redline-any-development")
    assert item.borderline
    assert "survey:ecological_redline" in item.missing


def test_the_redline_overlap_is_counted_once(results):
    redline = results["SL-34"].redline
    assert redline.share == pytest.approx(1.0, abs=1e-6)


def test_outside_the_layers_nothing_is_called_clear(results):
    item = outcome(results["SL-48"], "redline-any-development")
    assert str(item.outcome) == "undetermined"
    assert any(missing.startswith("coverage:") for missing in item.missing)


def test_two_units_are_both_named_with_their_shares(results):
    units = results["SL-19"].control_units
    assert len(units) == 2
    assert sum(unit.share for unit in units) == pytest.approx(1.0, abs=1e-5)

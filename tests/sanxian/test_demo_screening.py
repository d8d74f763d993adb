"""Screening the demo: each project comes to the verdict that its row promises, and for the reason given there."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import date

import pyarrow.parquet as pq
import pytest

from layers.check import check_workspace, finding_words
from layers.workspace import Workspace
from rules.model import Verdict
from sanxian.batch import run_batch
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


@pytest.mark.parametrize(("written", "verdict"), [("核心区", "prohibited"), ("xxxx", "undetermined"), (None, "undetermined")])
def test_what_another_program_wrote_into_a_layer_is_understood_or_unknown_and_never_beside_the_rule(tmp_path, written, verdict):
    """Of a person's own hand in QGIS: 核心区 is the core zone as it would be on import, xxxx may be anything."""
    made = build(tmp_path)
    asked = [one for one in load_projects(made.projects)[0] if one.id == "SL-50"]
    with Workspace.open(made.workspace, readonly=True) as workspace:
        rules = rule_set(workspace)
        before = screen(workspace, asked, rules, on=ON, projects_sha256="").projects[0]
        table = next(record.table for record in workspace.layers() if record.role == "protected_area")
    assert str(before.verdict) == "prohibited"
    with contextlib.closing(sqlite3.connect(made.workspace)) as connection:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"):
            connection.create_function(name, 1, lambda _shape: 0.0)
        connection.execute(f'UPDATE "{table}" SET zone=?', (written,))
        connection.commit()
    with Workspace.open(made.workspace, readonly=True) as workspace:
        after = screen(workspace, asked, rules, on=ON, projects_sha256="").projects[0]
        run_batch(workspace, made.projects, tmp_path / "all.parquet", on=ON)
        said = [finding_words(one) for one in check_workspace(workspace) if one.code == "value-unreadable"]
    assert str(after.verdict) == verdict
    changed = {item.rule: item for item in after.outcomes if outcome(before, item.rule).outcome == "prohibited"}
    assert {str(item.outcome) for item in changed.values()} == {verdict}
    if verdict == "undetermined":
        assert all("field:protected_area.zone" in item.missing for item in changed.values())
    batch = pq.read_table(tmp_path / "all.parquet").to_pylist()
    assert next(row["verdict"] for row in batch if row["id"] == "SL-50") == verdict
    assert bool(said) == (written == "xxxx")
    assert all("取值不认识：xxxx，按未知处理" in one for one in said)

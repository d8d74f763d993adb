"""How many outlets are remediated: one definition, and the same number wherever it is shown."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from datetime import date

import pytest

from layers.workspace import Workspace
from sanxian.mapping import qgis, scene
from sanxian.mapping.sheets import build
from sanxian.mapping.styles import style_for
from sanxian.mapping.web_page import page
from sanxian.outlets import coverage, layers, register, stages

ON = date(2024, 7, 1)
# Words that say more than the criteria, criteria without words, work that is done later, and none to be done.
CHANGES = (
    {},
    {"stage": "完成整治", "meets_criteria": False, "accepted_on": None, "finished": None},
    {"stage": "整治中", "meets_criteria": True, "accepted_on": None},
    {"stage": "完成整治", "meets_criteria": True, "finished": "2025-01-01", "accepted_on": None},
    {"stage": "未整治", "meets_criteria": False, "accepted_on": None, "finished": None},
    {"stage": None, "meets_criteria": None, "measure_kind": "无需整治", "finished": None, "accepted_on": None},
    {"stage": "完成整治", "meets_criteria": None, "accepted_on": None, "finished": None},
    {"responsible": None, "traced": None, "traced_on": None},
)
WANTED = Counter({"closed": 2, "done": 1, "in_progress": 2, "not_started": 1, "no_need": 1, None: 1})


@pytest.fixture
def path(make_workspace, help_):
    rows = help_.outlet_rows(*CHANGES, count=len(CHANGES), gap=500.0)
    return make_workspace(
        discharge_outlet=help_.outlet_frame(rows), river_bank=help_.bank_frame(), pollution_source=help_.sources(),
        monitoring_section=help_.sections(), admin=help_.county(),
    )  # fmt: skip


def test_every_output_counts_the_same(path):
    with Workspace.open(path, readonly=True) as workspace:
        row = coverage.load(workspace, on=ON).row("remediation_rate")
        assert (row.numerator, row.denominator) == (3, 7)
        record = workspace.by_role("discharge_outlet")[0]
        frame = layers.with_states(workspace, record, workspace.read(record.name), on=ON)
        states = Counter(None if state != state else state for state in frame[layers.WORK])
        assert states == WANTED
        assert states["closed"] + states["done"] == row.numerator

        text = page(workspace, on=ON)
        data = json.loads(re.search(r'<script[^>]*id="map-data"[^>]*>(.*?)</script>', text, re.DOTALL)[1])
        layer = next(item for item in data["layers"] if item["role"] == "discharge_outlet")
        style = style_for("discharge_outlet")
        names = {symbol.zh: symbol.value for symbol in style.classes}
        assert Counter({names[symbol["name"]]: symbol["count"] for symbol in layer["symbols"]}) == WANTED

        source = next(item for item in build.sources_of(workspace, on=ON) if item.role == "discharge_outlet")
        classes = style.class_numbers(source.frame)
        assert Counter(style.classes[number].value for number in classes) == WANTED

        # The picture in a report knows no day: there the register is drawn as it stands, later work with it.
        bounds = scene.grow(tuple(frame.to_crs(4490).total_bounds), 100)
        drawn = scene.Reader(workspace).layers_in(bounds, ["discharge_outlet"])[0]
        stands = Counter({symbol.value: len(rows) for symbol, rows in drawn.classes()})
        assert stands["done"] + stands["closed"] == coverage.load(workspace, on=date.max).row("remediation_rate").numerator == 4

        tracks = stages.tracks_of(register.read_register(workspace), {}, on=ON)
        order = stages.ORDER
        far = [track for track in tracks if order.index(track.stage(ON)) >= order.index(stages.Stage.REMEDIATED)]
        assert sum(track.fields().get("measure_kind") != "无需整治" for track in far) == row.numerator


def test_qgis_counts_so_too(path):
    """The expression is near enough to SQL to be run as such, with QGIS's functions put beside it."""
    with Workspace.open(path, readonly=True) as workspace:
        record = workspace.by_role("discharge_outlet")[0]
        expression = qgis.work_state_expression(workspace, record)
        table = record.table
    with sqlite3.connect(path) as connection:
        connection.create_function("to_string", 1, lambda value: None if value is None else str(value))
        connection.create_function("to_date", 1, lambda value: None if value is None else str(value)[:10])
        connection.create_function("now", 0, lambda: ON.isoformat())
        found = Counter(state or None for (state,) in connection.execute(f'SELECT {expression} FROM "{table}"'))
    # An expression sees one row at a time and cannot tell "no" from "nobody wrote it down".
    assert found["closed"] + found["done"] == WANTED["closed"] + WANTED["done"]
    assert found["no_need"] == WANTED["no_need"]
    assert found["not_started"] == WANTED["not_started"]


def test_the_demo_counts_103_everywhere(tmp_path_factory):
    from sanxian.demo.build import build as build_demo

    made = build_demo(tmp_path_factory.mktemp("demo"))
    with Workspace.open(made.workspace, readonly=True) as workspace:
        on = date(2026, 11, 22)
        assert coverage.load(workspace, on=on).row("remediation_rate").numerator == 103
        record = workspace.by_role("discharge_outlet")[0]
        states = Counter(layers.with_states(workspace, record, workspace.read(record.name), on=on)[layers.WORK])
        assert states == {"closed": 103, "in_progress": 52, "not_started": 8, "no_need": 17}
        shown = layers.of_workspace(workspace, on=on)["outlets"]
        assert (shown["stage"] == "accepted").sum() == coverage.load(workspace, on=on).row("acceptance_rate").numerator == 103

"""The survey log and the targets from tables: shown, kept, taken back."""

from __future__ import annotations

import json
from datetime import date

import pytest

from layers.workspace import Workspace
from sanxian.cli import main
from sanxian.outlets import coverage, logs

ON = date(2024, 7, 1)


@pytest.fixture
def path(make_workspace, help_):
    banks = help_.bank_frame(
        ("示例江", "right", "water_edge", False, 0.0, 0.0, 10_000.0), ("示例江", "left", "water_edge", False, 3000.0, 0.0, 10_000.0)
    )
    return make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows()), river_bank=banks, admin=help_.county())


def run(capsys, path, *words):
    status = main(["outlets", str(path), *words, "--on", ON.isoformat()])
    out, err = capsys.readouterr()
    return status, (json.loads(out) if out else None), err


def surveyed(path):
    with Workspace.open(path, readonly=True) as workspace:
        return coverage.load(workspace, on=ON).row("survey_rate").numerator


def test_stretches_are_shown_kept_once_and_taken_back(path, capsys, tmp_path):
    table = tmp_path / "排查.csv"
    table.write_text(
        "河流,岸别,起点桩号,终点桩号,排查日期\n示例江,右岸,0,2000,2024-03-01\n示例江,右岸,K1+500,K3+000,2024-04-01\n", encoding="utf-8"
    )
    status, shown, _err = run(capsys, path, "survey", str(table))
    assert (status, shown["added"], shown["applied"]) == (0, 2, False)
    assert (shown["surveyed_before_m"], shown["surveyed_after_m"]) == (0.0, pytest.approx(3000, rel=1e-3)), "an overlap counts once"
    assert surveyed(path) == 0
    assert run(capsys, path, "survey", str(table), "--apply")[0] == 0
    assert surveyed(path) == pytest.approx(3.0, rel=1e-3)
    assert run(capsys, path, "survey", str(table), "--apply")[1]["added"] == 0
    assert len(run(capsys, path, "survey")[1]) == 2
    assert run(capsys, path, "undo")[0] == 0
    assert surveyed(path) == 0


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("示例江,右岸,0,100,2024-03", "unreadable"), ("示例江,中间,0,100,2024-03-01", "refused"), ("别的江,右岸,0,100,2024-03-01", "no-bank"),
        ("示例江,右岸,500,100,2024-03-01", "refused"), ("示例江,右岸,0,很远,2024-03-01", "unreadable"), ("示例江,右岸,0,100,2031-01-01", "to-come"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(path, capsys, tmp_path, row, problem):
    table = tmp_path / "排查.csv"
    table.write_text(f"河流,岸别,起点桩号,终点桩号,排查日期\n{row}\n", encoding="utf-8")
    status, shown, err = run(capsys, path, "survey", str(table), "--apply")
    assert (status, shown["added"]) == (1, 0)
    assert [item["problem"] for item in shown["problems"]] == [problem]
    assert "{" not in err
    assert surveyed(path) == 0


def test_a_stretch_beyond_the_bank_counts_as_far_as_there_is_bank(path, capsys, tmp_path):
    table = tmp_path / "排查.csv"
    table.write_text("河流,岸别,起点桩号,终点桩号,排查日期\n示例江,左岸,9000,12000,2024-03-01\n", encoding="utf-8")
    status, shown, _err = run(capsys, path, "survey", str(table), "--apply")
    assert (status, [item["problem"] for item in shown["problems"]]) == (1, ["beyond"])
    assert surveyed(path) == pytest.approx(1.0, rel=1e-2)


def test_targets_of_a_table_give_the_gap(path, capsys, tmp_path):
    table = tmp_path / "目标.csv"
    table.write_text("指标,目标,期限,河流,依据\n整治完成率,70%,2025-12-31,示例江,示例规划\n溯源率,1,2024-12-31,,\n飞行率,1,2024-12-31,,\n销号率,700,2024-12-31,,\n", encoding="utf-8")
    status, shown, _err = run(capsys, path, "targets", str(table), "--apply")
    assert (status, shown["added"]) == (1, 2)
    assert [item["problem"] for item in shown["problems"]] == ["no-indicator", "share"]
    with Workspace.open(path, readonly=True) as workspace:
        row = coverage.load(workspace, on=ON, by="river").row("remediation_rate", "示例江")
        assert (row.target.value, row.target.due, row.gap) == (0.7, date(2025, 12, 31), 0.0)
        assert workspace.state(logs.TARGETS)[0]["source"] == "示例规划"
    assert run(capsys, path, "undo")[0] == 0
    assert len(run(capsys, path, "targets")[1]) == len(coverage.default_targets())

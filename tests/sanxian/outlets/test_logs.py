"""The survey log and the targets from tables: shown, kept, taken back."""

from __future__ import annotations

import json
from datetime import date

import pytest

from layers.workspace import Workspace
from sanxian.cli import main
from sanxian.outlets import coverage, logs
from sanxian.outlets.audit import audit_workspace
from sanxian.outlets.banks import Survey, add_survey

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


HEADER = "河流,岸别,岸线,起点桩号,终点桩号,排查日期\n"


@pytest.fixture
def neighbours(make_workspace, help_):
    """A right bank in three lines, the last of them short, and a left bank in one."""
    banks = help_.bank_frame(
        ("示例江", "right", "water_edge", False, 0.0, 0.0, 10_000.0), ("示例江", "right", "water_edge", False, 0.0, 11_000.0, 15_000.0),
        ("示例江", "right", "water_edge", False, 0.0, 16_000.0, 17_000.0), ("示例江", "left", "water_edge", False, 3000.0, 0.0, 5_000.0),
    )  # fmt: skip
    banks["code"] = ["AX-1", "AX-2", "AX-3", "AX-4"]
    banks["name"] = ["示例岸", "示例上邻岸", "示例下邻岸", "示例对岸"]
    return make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows()), river_bank=banks, admin=help_.county())


def taken(capsys, path, tmp_path, *rows):
    table = tmp_path / "排查.csv"
    table.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    status, shown, err = run(capsys, path, "survey", str(table), "--apply")
    return status, shown, err, [item["problem"] for item in shown["problems"]]


@pytest.mark.parametrize("row", ["示例江,右岸,,0,500,2024-03-01", "示例江,右岸,,8000,9000,2024-03-01", "示例江,右岸,,500,,2024-03-01", "示例江,两岸,,0,500,2024-03-01"])
def test_a_chainage_that_may_be_of_several_lines_counts_on_none(neighbours, capsys, tmp_path, row):
    status, shown, err, problems = taken(capsys, neighbours, tmp_path, row)
    assert (status, shown["added"], shown["surveyed_after_m"], problems) == (1, 0, 0.0, ["several-lines"])
    assert all(word in err for word in ("2", "示例岸", "AX-1", "示例上邻岸", "AX-2", "示例下邻岸", "AX-3", "岸线"))
    assert "AX-4" not in err
    assert surveyed(neighbours) == 0


def test_no_side_is_not_both_sides_where_there_is_a_chainage(path, capsys, tmp_path):
    assert taken(capsys, path, tmp_path, "示例江,,,0,500,2024-03-01")[3] == ["several-lines"]
    assert surveyed(path) == 0
    assert taken(capsys, path, tmp_path, "示例江,两岸,,0,500,2024-03-01")[3] == []
    assert surveyed(path) == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize(
    ("row", "kilometres"),
    [
        ("示例江,右岸,示例上邻岸,0,500,2024-03-01", 0.5), ("示例江,右岸,AX-2,0,500,2024-03-01", 0.5), (",,AX-1,8000,9000,2024-03-01", 1.0),
        ("示例江,左岸,,0,500,2024-03-01", 0.5), ("示例江,右岸,,,,2024-03-01", 15.0), ("示例江,,,,,2024-03-01", 20.0), ("示例江,,AX-3,0,500,2024-03-01", 0.5),
    ],
)  # fmt: skip
def test_a_line_that_is_named_or_the_only_one_counts_and_so_does_a_whole_bank(neighbours, capsys, tmp_path, row, kilometres):
    status, shown, _err, problems = taken(capsys, neighbours, tmp_path, row)
    assert (status, shown["added"], problems) == (0, 1, [])
    assert surveyed(neighbours) == pytest.approx(kilometres, rel=1e-2)


def test_what_goes_beyond_is_told_of_the_line_that_was_named(neighbours, capsys, tmp_path):
    status, _shown, err, problems = taken(capsys, neighbours, tmp_path, "示例江,右岸,AX-3,500,1500,2024-03-01")
    assert (status, problems) == (1, ["beyond"])
    assert "示例下邻岸" in err
    assert "1000" in err
    assert surveyed(neighbours) == pytest.approx(0.5, rel=1e-2)


def test_both_sides_tell_of_each_line_how_far_it_goes(make_workspace, help_, capsys, tmp_path):
    banks = help_.bank_frame(("示例江", "right", "water_edge", False, 0.0, 0.0, 10_000.0), ("示例江", "left", "water_edge", False, 3000.0, 0.0, 1_000.0))
    path = make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows()), river_bank=banks, admin=help_.county())
    _status, shown, err, problems = taken(capsys, path, tmp_path, "示例江,两岸,,0,2000,2024-03-01")
    assert (shown["added"], problems) == (1, ["beyond"])
    assert "示例岸线2" in err
    assert surveyed(path) == pytest.approx(3.0, rel=1e-2)


def test_lines_of_one_name_are_told_apart_by_their_code(make_workspace, help_, capsys, tmp_path):
    banks = help_.bank_frame(("示例江", "right", "water_edge", False, 0.0, 0.0, 10_000.0), ("示例江", "right", "water_edge", False, 0.0, 11_000.0, 15_000.0))
    banks["name"], banks["code"] = "示例岸", ["AX-1", "AX-2"]
    path = make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows()), river_bank=banks, admin=help_.county())
    assert taken(capsys, path, tmp_path, ",,示例岸,0,500,2024-03-01")[3] == ["several-lines"]
    assert surveyed(path) == 0
    assert taken(capsys, path, tmp_path, ",,AX-2,0,500,2024-03-01")[3] == []
    assert surveyed(path) == pytest.approx(0.5, rel=1e-2)


def test_an_entry_kept_before_there_were_several_lines_counts_nothing_and_is_named(neighbours):
    with Workspace.open(neighbours) as workspace:
        add_survey(workspace, Survey("示例江", "right", 0.0, 1500.0, date(2024, 3, 1)))
        add_survey(workspace, Survey("示例江", "left", 0.0, 1000.0, date(2024, 3, 1)))
        found = coverage.load(workspace, on=ON)
        assert found.row("survey_rate").numerator == pytest.approx(1.0, rel=1e-2)
        assert any("1 段排查记录" in note for note in found.notes)
        told = [one for one in audit_workspace(workspace, on=ON) if one.finding == "survey-unreadable"]
    assert len(told) == 1
    assert "AX-2" in told[0].message
    assert "AX-4" not in told[0].message


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

from __future__ import annotations

from datetime import date

import openpyxl
import pytest

from layers.workspace import Workspace
from sanxian.outlets import bulk, register
from sanxian.outlets.errors import OutletError

ON = date(2024, 9, 30)


@pytest.fixture
def table(tmp_path):
    def write(*rows, heads=("国家编码", "整治阶段", "完成时间", "实验室COD", "无关列")):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(["某区入河排污口整治进展表"])
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(heads))
        sheet.append(list(heads))
        for row in rows:
            sheet.append(list(row))
        path = tmp_path / "update.xlsx"
        book.save(path)
        return path

    return write


def read(path):
    with Workspace.open(path, readonly=True) as workspace:
        return register.read_register(workspace)


def test_preview_apply_undo(clean, table):
    path = table(
        ("FA3604040001GY00", "整治中", "2024-01-02", 55, "x"), ("FA-360404-0002-GY-00", None, None, 20, None),
        ("FA-360404-0099-GY-00", "整治中", None, None, None), ("FA-360404-0003-GY-00", None, "2024年", None, None),
        ("FA-360404-0001-GY-00", "x", None, None, None), (None, "x", None, None, None),
    )  # fmt: skip
    before = read(clean)
    update = bulk.preview_file(path, before)
    assert [(c.outlet, c.field, c.before, c.after, c.row) for c in update.changes] == [
        ("FA-360404-0001-GY-00", "stage", "完成整治", "整治中", 3),
        ("FA-360404-0001-GY-00", "finished", "2023-06-01", "2024-01-02", 3),
        ("FA-360404-0001-GY-00", "cod", 20.0, 55.0, 3),
    ]
    assert [problem.problem for problem in update.problems] == ["unknown-column", "not-found", "unreadable", "twice", "no-key"]
    assert all(problem.words() for problem in update.problems)
    assert [outlet.values for outlet in read(clean)] == [outlet.values for outlet in before], "a preview changes nothing"
    with Workspace.open(clean) as workspace:
        kept = workspace.record("discharge_outlet")
        assert bulk.apply(workspace, update, on=ON, title="进展表") == 3
        assert workspace.record("discharge_outlet").accuracy_m == kept.accuracy_m
        now = register.read_register(workspace)[0]
        assert (now.get("stage"), now.get("finished"), now.get("cod")) == ("整治中", "2024-01-02", 55.0)
        with pytest.raises(OutletError, match="重新预览"):
            bulk.apply(workspace, update, on=ON)
        assert bulk.undo(workspace) == 3
        with pytest.raises(OutletError, match="没有可以撤销"):
            bulk.undo(workspace)
    assert [outlet.values for outlet in read(clean)] == [outlet.values for outlet in before]


def test_a_cell_changed_since_is_not_overwritten_by_undo(clean, table):
    with Workspace.open(clean) as workspace:
        for value in ("整治中", "未整治"):
            update = bulk.preview_file(table(("FA-360404-0001-GY-00", value), heads=("国家编码", "整治阶段")), register.read_register(workspace))
            bulk.apply(workspace, update, on=ON)
        first = workspace.state("outlet_undo")[:1]
        workspace.set_state("outlet_undo", first)
        with pytest.raises(OutletError, match="已被改动"):
            bulk.undo(workspace)


def test_clearing_a_value_is_said_and_a_table_without_codes_refused(clean):
    outlets = read(clean)
    update = bulk.preview([{"国家编码": "FA-360404-0001-GY-00", "整治阶段": bulk.CLEAR, "在线监测": "是", "异常情况": "黑臭,泡沫"}], outlets)
    assert [(c.field, c.after) for c in update.changes] == [("stage", None), ("online_monitoring", True), ("abnormal", "黑臭、泡沫")]
    with Workspace.open(clean) as workspace:
        bulk.apply(workspace, update, on=ON)
        now = register.read_register(workspace)[0]
        assert now.get("stage") is None
        assert now.get("abnormal") == ("黑臭", "泡沫")
        assert bulk.undo(workspace) == 3
    with pytest.raises(OutletError, match="没有国家编码"):
        bulk.preview([{"名称": "甲"}], outlets)
    assert bulk.preview([], outlets).changes == ()


def test_a_word_for_nobody_knows_comes_back_with_undo(make_workspace, help_, table):
    path = make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows({}, {"responsible": "待查"})))
    rows = table(("FA-360404-0002-GY-00", "示例乙公司"), heads=("国家编码", "责任主体"))
    assert read(path)[1].get("responsible") is None
    with Workspace.open(path) as workspace:
        shown = bulk.preview_file(rows, register.read_register(workspace))
        assert [(one.before, one.after) for one in shown.changes] == [("待查", "示例乙公司")]
        bulk.apply(workspace, shown, on=ON)
        assert register.read_register(workspace)[1].get("responsible") == "示例乙公司"
        bulk.undo(workspace)
        assert register.read_register(workspace)[1].extra["responsible"] == "待查"

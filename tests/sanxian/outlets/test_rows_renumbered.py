"""Another program writes the layer anew and numbers its rows anew: a value goes to its outlet, or nowhere."""

from __future__ import annotations

import json
from datetime import date

import geopandas
import pandas as pd
import pytest

from layers.errors import WorkspaceError
from layers.workspace import Workspace
from sanxian.outlets import bulk, entry, register, stages
from sanxian.outlets.errors import OutletError

ON = date(2024, 9, 30)
FIRST, SECOND, THIRD = (f"FA-360404-000{number}-GY-00" for number in (1, 2, 3))


def rewritten(path, change):
    """As another program does it that reads a table and writes it again."""
    frame = geopandas.read_file(path, layer="discharge_outlet", engine="pyogrio")
    frame = geopandas.GeoDataFrame(change(frame), crs=frame.crs).reset_index(drop=True)
    frame.to_file(path, layer="discharge_outlet", driver="GPKG", mode="w", engine="pyogrio")


def one_in_front(frame):
    more = frame.tail(1).copy()
    more["code"], more["name"] = "FA-360404-0099-GY-00", "外来的排口"
    return pd.concat([more, frame])


def backwards(frame):
    return frame.iloc[::-1]


def said(workspace, name="responsible"):
    return {outlet.id: outlet.get(name) for outlet in register.read_register(workspace)}


def update(workspace, code, party):
    return bulk.preview([{"国家编码": code, "责任主体": party}], register.read_register(workspace))


@pytest.mark.parametrize("change", [one_in_front, backwards])
def test_an_update_goes_to_its_outlet_though_rows_moved_under_the_preview(clean, change):
    with Workspace.open(clean) as workspace:
        shown = update(workspace, SECOND, "示例新公司")
        rewritten(clean, change)
        before = said(workspace)
        bulk.apply(workspace, shown, on=ON)
        assert said(workspace) == {**before, SECOND: "示例新公司"}
        assert bulk.undo(workspace) == 1
        assert said(workspace) == before


@pytest.mark.parametrize("change", [one_in_front, backwards])
def test_undo_and_redo_find_the_outlet_and_leave_its_neighbour_alone(clean, change):
    with Workspace.open(clean) as workspace:
        bulk.apply(workspace, update(workspace, SECOND, "同一公司"), on=ON)
        bulk.apply(workspace, update(workspace, THIRD, "同一公司"), on=ON)
        rewritten(clean, change)
        before, step = said(workspace), bulk.last(workspace)
        assert bulk.undo(workspace, step) == 1
        assert said(workspace) == {**before, THIRD: "示例甲公司"}
        rewritten(clean, change)
        before = said(workspace)
        assert bulk.redo(workspace, step) == 1
        assert said(workspace) == {**before, THIRD: "同一公司"}


def test_undo_on_the_command_line_finds_the_outlet(clean, tmp_path, capsys):
    from sanxian import cli

    for code in (FIRST, SECOND):
        table = tmp_path / "u.csv"
        table.write_text(f"国家编码,责任主体\n{code},同一公司\n", encoding="utf-8")
        assert cli.main(["outlets", str(clean), "update", str(table), "--apply"]) == 0
    rewritten(clean, one_in_front)
    capsys.readouterr()
    assert cli.main(["outlets", str(clean), "undo"]) == 0
    assert json.loads(capsys.readouterr().out) == {"restored": 1}
    with Workspace.open(clean, readonly=True) as workspace:
        now = said(workspace)
    assert (now[FIRST], now[SECOND]) == ("同一公司", "示例甲公司")


def test_a_step_goes_to_its_outlet_and_is_taken_back_from_it(make_workspace, help_):
    fresh = {"finished": None, "meets_criteria": None, "accepted_on": None, "stage": "整治中", "standardised": None}
    path = make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows(fresh, fresh, fresh)))
    with Workspace.open(path) as workspace:
        outlets = register.read_register(workspace)
        step = entry.entry_from(SECOND, "remediated", on=date(2024, 1, 30), papers=["photos=示例文号〔2024〕1号"], by="示例经办人")
        shown = entry.preview(outlets, {}, [step], on=ON)
        assert not shown.refused
        rewritten(path, one_in_front)
        before = said(workspace, "finished")
        assert entry.apply(workspace, shown, on=ON) == 1
        assert said(workspace, "finished") == {**before, SECOND: "2024-01-30"}
        rewritten(path, backwards)
        bulk.undo(workspace)
        assert said(workspace, "finished") == before
        assert stages.read_tracks(workspace) == {}


def test_an_outlet_that_is_gone_or_there_twice_or_changed_is_refused_in_true_words(clean):
    with Workspace.open(clean) as workspace:
        bulk.apply(workspace, update(workspace, SECOND, "示例新公司"), on=ON)
        shown = update(workspace, SECOND, "示例另一公司")
        for change, words in (
            (lambda frame: frame[frame["code"] != SECOND], "已没有排污口"),
            (lambda frame: pd.concat([frame, frame[frame["code"] == SECOND]]), "有 2 个排污口"),
        ):
            kept = clean.read_bytes()
            rewritten(clean, change)
            before = said(workspace)
            for act in (lambda: bulk.undo(workspace), lambda: bulk.apply(workspace, shown, on=ON)):
                with pytest.raises(OutletError, match=words):
                    act()
            assert said(workspace) == before
            clean.write_bytes(kept)
        rewritten(clean, lambda frame: frame.assign(responsible="示例第三公司"))
        with pytest.raises(OutletError, match="重新预览"):
            bulk.apply(workspace, shown, on=ON)
        with pytest.raises(OutletError, match="不能撤销或重做"):
            bulk.undo(workspace)
        assert set(said(workspace).values()) == {"示例第三公司"}


@pytest.fixture
def uncoded(make_workspace, help_):
    return make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows({"code": None}, {"code": None}, {"code": None})))


def test_an_outlet_without_a_code_is_known_by_its_place_and_what_it_says(uncoded):
    def by_name(workspace):
        return {outlet.name: outlet.get("responsible") for outlet in register.read_register(workspace)}

    with Workspace.open(uncoded) as workspace:
        outlet = register.read_register(workspace)[1]
        change = bulk.Change(
            outlet.layer, outlet.fid, outlet.id, 0, "responsible", "示例甲公司", "示例新公司", bulk.row_of(outlet))
        rewritten(uncoded, one_in_front)
        before = by_name(workspace)
        bulk.commit(workspace, [change], on=ON, title="x")
        assert by_name(workspace) == {**before, outlet.name: "示例新公司"}
        rewritten(uncoded, backwards)
        bulk.undo(workspace)
        assert by_name(workspace) == before
        bulk.commit(workspace, [change], on=ON, title="x")
        rewritten(uncoded, lambda frame: frame[frame["name"] != outlet.name])
        before = by_name(workspace)
        with pytest.raises(OutletError, match="已没有与排污口"):
            bulk.undo(workspace)
        assert by_name(workspace) == before


def test_the_history_of_an_outlet_without_a_code_is_not_kept_under_anothers_number(uncoded):
    with Workspace.open(uncoded) as workspace:
        outlet = register.read_register(workspace)[1]
        change = bulk.Change(outlet.layer, outlet.fid, outlet.id, 0, "finished", "2023-06-01", "2024-01-01", bulk.row_of(outlet))
        rewritten(uncoded, one_in_front)
        with pytest.raises(OutletError, match="不能记在原来的名下"):
            bulk.commit(workspace, [change], on=ON, title="x", states={stages.STATE: {outlet.id: {"events": []}}})
        assert workspace.state(stages.STATE) is None


def test_what_is_written_between_reading_and_writing_is_not_lost(clean, monkeypatch):
    with Workspace.open(clean) as workspace:
        shown, read = update(workspace, SECOND, "示例新公司"), workspace.read

        def meanwhile(*args, **kwargs):
            frame = read(*args, **kwargs)
            rewritten(clean, one_in_front)
            return frame

        monkeypatch.setattr(workspace, "read", meanwhile)
        with pytest.raises(WorkspaceError, match="正在被别的程序改写"):
            bulk.apply(workspace, shown, on=ON)
        monkeypatch.undo()
        assert said(workspace)[SECOND] == "示例甲公司"
        assert len(said(workspace)) == 4

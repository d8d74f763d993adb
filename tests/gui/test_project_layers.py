"""What saving in the window does to the layers of projects in a real workspace file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas
import pandas
import pytest
from shapely import box

from gui import outside
from gui import stored as projects
from gui.engine import UNHEARD, Engine
from gui.session import Session, Site
from layers.read import Layer
from layers.workspace import Workspace
from sanxian.request import RequestError, load_projects

CRS = "EPSG:4548"


def layer(name, ids, **columns):
    frame = geopandas.GeoDataFrame(
        {"项目编号": ids, "项目名称": [f"{name}{one}" for one in ids], "建设性质": ["新建"] * len(ids), **columns},
        geometry=[box(i * 100, 0, i * 100 + 50, 50) for i in range(len(ids))], crs=CRS)
    return Layer("project_site", name, frame, Path(f"{name}.shp"), name * 8, "gb18030", ())


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "w.gpkg"
    with Workspace.create(path) as made:
        made.add(layer("重点项目", ["A", "B", "B", "C"], 投资=[1.5, 2.5, 2.5, 3.5], 化工=[True, False, False, True],
                       批次=[1, 2, 2, 3]),
                 version="2024", data_date="2024-05-01", accuracy_m=2.5, source="发改局", coverage="hull")
        made.add(layer("一般项目", ["A", "D"], 备注=["甲", "乙"]), source="住建局")
    return path


@pytest.fixture
def session(path, qapp):
    session = Session()
    engine = Engine()
    session.open(engine.open_workspace(path))
    session.load_sites(engine.stored_sites(session.workspace))
    session.save = lambda: engine.save(session)
    yield session
    session.close()


def stored(path, name):
    """Everything the file says of a layer, its geometries as bytes."""
    with closing(sqlite3.connect(path)) as connection:
        about = connection.execute("SELECT * FROM sanxian_layers WHERE name=?", (name,)).fetchone()
        table = about[2]
        sql = connection.execute("SELECT sql FROM sqlite_master WHERE name=?", (table,)).fetchone()
        return about, sql, connection.execute(f'SELECT * FROM "{table}" ORDER BY fid').fetchall()


def test_ids_of_two_layers_are_told_apart_and_the_file_keeps_its_own(session, path):
    assert [site.id for site in session.sites] == ["A", "B", "C", "A-2", "D"]
    before = [stored(path, name) for name in ("重点项目", "一般项目")]
    session.set_current("C")
    session.save()
    assert [stored(path, name) for name in ("重点项目", "一般项目")] == before
    assert [record.name for record in session.workspace.layers()] == ["重点项目", "一般项目"]


def test_only_what_was_edited_changes(session, path):
    other, before = stored(path, "一般项目"), stored(path, "重点项目")
    session.set_attribute("C", "nature", ("expansion",))
    session.set_attribute("C", "is_chemical", False)
    session.set_attribute("B", "boiler_t_h", 10.0)
    session.set_geometry("A", box(0, 0, 10, 10), CRS)
    session.save()
    assert stored(path, "一般项目") == other
    record = session.workspace.record("重点项目")
    assert (record.version, record.data_date, record.accuracy_m, record.source, record.file, record.encoding) == (
        "2024", "2024-05-01", 2.5, "发改局", "重点项目.shp", "gb18030")
    assert record.coverage_geometry is not None
    assert record.sha256 != "重点项目" * 8
    frame = session.workspace.read("重点项目")
    assert list(frame["项目编号"]) == ["A", "B", "B", "C"]
    assert list(frame["投资"]) == [1.5, 2.5, 2.5, 3.5]
    assert list(frame["批次"]) == [1, 2, 2, 3]
    assert list(frame["化工"]) == [True, False, False, False]
    assert list(frame["建设性质"]) == ["新建", "新建", "新建", "expansion"]
    assert list(frame["boiler_t_h"]) == [None, "10", "10", None]
    assert list(frame["fid"]) == [1, 2, 3, 4]
    assert frame.geometry[0].equals(box(0, 0, 10, 10))
    assert [row[1] for row in stored(path, "重点项目")[2]][1:] == [row[1] for row in before[2]][1:], "geometries as bytes"
    after = stored(path, "重点项目")
    session.save()
    assert stored(path, "重点项目") == after


def test_removed_rows_go_and_come_back_with_every_column(session, path):
    other = stored(path, "一般项目")
    session.remove_sites(["A"])
    session.save()
    assert list(session.workspace.read("重点项目")["项目编号"]) == ["B", "B", "C"]
    assert list(session.workspace.read("重点项目")["fid"]) == [2, 3, 4]
    assert stored(path, "一般项目") == other
    session.undo_stack.undo()
    session.save()
    frame = session.workspace.read("重点项目")
    assert list(frame["项目编号"]) == ["B", "B", "C", "A"]
    assert list(frame["投资"]) == [2.5, 2.5, 3.5, 1.5]
    assert len(set(frame["fid"])) == 4


def test_a_layer_that_loses_every_project_stays_with_what_is_known_of_it(session):
    session.remove_sites(["A-2", "D"])
    session.save()
    record = session.workspace.record("一般项目")
    assert (record.features, record.source) == (0, "住建局")
    session.undo_stack.undo()
    session.save()
    assert list(session.workspace.read("一般项目")["备注"]) == ["甲", "乙"]


def test_new_projects_go_into_a_layer_of_their_own(session, path):
    before = [stored(path, name) for name in ("重点项目", "一般项目")]
    session.add_sites([Site("N1", "新", box(0, 0, 9, 9), CRS, {"nature": ("new",)})])
    session.save()
    assert [stored(path, name) for name in ("重点项目", "一般项目")] == before
    assert [record.name for record in session.workspace.layers()] == ["重点项目", "一般项目", "projects"]
    # an id that its layer has in use under another name in the window
    session.remove_sites(["A"])
    session.add_sites([Site("A", "再", box(0, 0, 9, 9), "EPSG:4490", {})])
    session.save()
    assert list(session.workspace.read("projects")["id"]) == ["N1", "A"]
    assert session.workspace.record("projects").crs.to_epsg() == 4548
    again = Engine().stored_sites(session.workspace)
    assert [site.id for site in again] == ["B", "C", "A", "D", "N1", "A-2"]
    session.remove_sites(["N1", "A"])
    session.save()
    assert [record.name for record in session.workspace.layers()] == ["重点项目", "一般项目"]
    session.undo_stack.undo()
    session.save()
    assert list(session.workspace.read("projects")["id"]) == ["N1", "A"]


def test_whole_numbers_and_yes_or_no_stay_so_beside_empty_cells(tmp_path, qapp):
    frame = geopandas.GeoDataFrame({"id": ["A", "B"], "户数": pandas.Series([7, None], dtype=object),
                                    "已批": [True, None]}, geometry=[box(0, 0, 1, 1), box(2, 0, 3, 1)], crs=CRS)
    path = tmp_path / "w.gpkg"
    with Workspace.create(path) as made:
        made.add(Layer("project_site", "L", frame, Path("x.shp"), "0" * 64, None, ()))
    before = stored(path, "L")
    assert 'INTEGER, "已批" BOOLEAN' in before[1][0]
    session, engine = Session(), Engine()
    session.open(engine.open_workspace(path))
    session.load_sites(engine.stored_sites(session.workspace))
    session.set_geometry("A", box(0, 0, 5, 5), CRS)
    engine.save(session)
    after = stored(path, "L")
    assert after[1] == before[1], "the columns and their kinds"
    assert [row[2:] for row in after[2]] == [row[2:] for row in before[2]]
    session.close()


def test_projects_that_could_not_be_read_are_not_taken_for_removed(session, path):
    before = [stored(path, name) for name in ("重点项目", "一般项目")]
    session.load_sites([])
    session.add_sites([Site("A", "新", box(0, 0, 9, 9), CRS, {})])
    session.save()
    assert [stored(path, name) for name in ("重点项目", "一般项目")] == before


def test_rows_without_an_id_keep_the_one_they_were_known_by(tmp_path, qapp):
    frame = geopandas.GeoDataFrame({"名称": ["甲", "乙", "丙"]}, geometry=[box(i, 0, i + 1, 1) for i in range(3)], crs=CRS)
    session, engine = Session(), Engine()
    with Workspace.create(tmp_path / "w.gpkg") as made:
        made.add(Layer("project_site", "无编号", frame, Path("x.shp"), "0" * 64, None, ()))
    session.open(engine.open_workspace(tmp_path / "w.gpkg"))
    session.load_sites(engine.stored_sites(session.workspace))
    session.remove_sites(["P1"])
    engine.save(session)
    assert [(site.id, site.name) for site in engine.stored_sites(session.workspace)] == [("P2", "乙"), ("P3", "丙")]
    session.close()


def test_a_retired_version_begins_hidden_and_is_named_so(tmp_path, qapp):
    from gui.looks import Looks
    from gui.panels.layers import LayersPanel
    from gui.passing import Passing

    def parks(name):
        frame = geopandas.GeoDataFrame({"name": [name]}, geometry=[box(0, 0, 9, 9)], crs=CRS)
        return Layer("industrial_park", "园区", frame, Path("x.shp"), name.ljust(64, "0"), None, ())

    session, engine = Session(), Engine()
    with Workspace.create(tmp_path / "w.gpkg") as made:
        made.add(parks("a"), version="2020")
    session.open(engine.open_workspace(tmp_path / "w.gpkg"))
    looks = Looks()
    panel = LayersPanel(session, engine.style, Passing(looks))
    engine.save(session)
    engine.add_layer(session.workspace, parks("b"), version="2024")
    session.reload_layers()
    old, new = sorted(session.layers, key=lambda one: one.record.version)
    assert (old.visible, new.visible) == (False, True)
    assert "旧版本" in panel.item(old.key).text(0)
    assert "旧版本" not in panel.item(new.key).text(0)
    session.close()
    session.open(engine.open_workspace(tmp_path / "w.gpkg"))
    old = next(one for one in session.layers if one.retired)
    assert not old.visible, "also where it was shown when the look was last kept"
    session.set_look(old.key, visible=True)
    engine.save(session)
    session.close()
    session.open(engine.open_workspace(tmp_path / "w.gpkg"))
    assert next(one for one in session.layers if one.retired).visible, "who ticks it means it"
    session.close()


def test_the_accuracy_stated_of_a_layer_counts_in_the_window_too(tmp_path):
    from datetime import date

    import geopandas
    from shapely import box

    from gui.engine import Engine
    from layers.read import read_layer
    from layers.workspace import Workspace

    def write(file, shape, **columns):
        geopandas.GeoDataFrame(columns, geometry=[shape], crs=4548).to_file(tmp_path / f"{file}.gpkg")
        return tmp_path / f"{file}.gpkg"

    x, y = 402_000.0, 3_290_000.0
    path = tmp_path / "w.gpkg"
    with Workspace.create(path) as made:
        made.add(read_layer(write("admin", box(x - 9e3, y - 9e3, x + 9e3, y + 9e3), code=["360404"], name=["区"], level=["county"]), "admin"))
        made.add(read_layer(write("red", box(x, y, x + 100, y + 100), name=["红"]), "ecological_redline"), accuracy_m=5.0)
        made.add(read_layer(write("sites", box(x - 50, y, x - 8, y + 50), id=["P"], name=["甲"]), "project_site"), accuracy_m=20.0)
        engine = Engine()
        sites = engine.stored_sites(made)
    screening = engine.screen(path, sites, on=date(2026, 11, 22), folders=(), report=UNHEARD)
    found = next(item for item in screening.projects[0].outcomes if item.rule == "redline-any-development")
    assert (found.outcome, found.borderline) == ("undetermined", True)


def test_imported_outlines_are_carried_over_into_the_crs_of_the_other_new_ones_at_once(session):
    engine = Engine()
    session.sites.clear()
    session.add_sites([Site("P1", "甲", box(116, 29.7, 116.01, 29.71), "EPSG:4490")])
    more = [Site(f"Q{n}", "乙", engine.transform(box(116.1 + n / 100, 29.7, 116.105 + n / 100, 29.71), "EPSG:4490", "EPSG:4548"),
                 "EPSG:4548") for n in range(3)]
    more.append(Site("Q9", "没有边界", None, "EPSG:4548"))
    engine.settle(more, session)
    assert [site.crs for site in more] == ["EPSG:4490"] * 3 + ["EPSG:4548"]
    assert more[2].geometry.bounds == pytest.approx((116.12, 29.7, 116.125, 29.71), abs=1e-9)


def test_rows_without_an_id_are_written_under_the_ids_that_reading_gave():
    import geopandas
    from shapely import Point

    from gui.stored import _by_code

    rows = geopandas.GeoDataFrame({"id": ["P2", None, "P1"]}, geometry=[Point(116, 29)] * 3, crs=4490)
    assert _by_code(rows) == {"P2": [0], "P2-2": [1], "P1": [2]}


# -- values that are not understood ----------------------------------------------------------------------------------


def write(path, sql):
    with closing(sqlite3.connect(path)) as file, file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            file.create_function(name, 1, lambda _shape: 0)
        file.executescript(sql)


@pytest.fixture
def strange(path):
    """A workspace in which projects say what nobody understands."""
    write(path, "ALTER TABLE 一般项目 ADD COLUMN 行业代码 TEXT; ALTER TABLE 一般项目 ADD COLUMN wastewater TEXT;"
                "UPDATE 一般项目 SET 行业代码='餐馆', wastewater='xxx' WHERE 项目编号='A';"
                "UPDATE 一般项目 SET 行业代码='2611;9999' WHERE 项目编号='D'")
    return path


def in_file(path, column):
    with closing(sqlite3.connect(path)) as file:
        return [value for (value,) in file.execute(f"SELECT {column} FROM 一般项目 ORDER BY fid")]


def test_a_value_that_is_not_understood_costs_that_value_and_no_project(strange, session):
    from gui.stored import unread_words

    assert [site.id for site in session.sites] == ["A", "B", "C", "A-2", "D"]
    first, second = session.site("A-2"), session.site("D")
    assert "industry_code" not in first.attributes
    assert "wastewater" not in first.attributes
    assert second.attributes["industry_code"] == ("2611", "9999"), "a ban by what is understood stands"
    assert [(one.project, one.attribute, one.row, one.value) for one in first.unread] == [
        ("A", "industry_code", 1, "餐馆"), ("A", "wastewater", 1, "xxx")]
    assert [(one.row, one.value) for one in second.unread] == [(2, "9999")]
    said = unread_words(session.sites)
    assert "3 处" in said
    assert "第 1 行“行业代码”＝“餐馆”" in said
    assert "“xxx”" in said


def test_what_is_not_understood_stays_in_the_file_until_it_is_corrected(strange, session):
    session.rename_site("A-2", "改名")
    session.add_sites([Site("N", "新的", box(0, 0, 9, 9), CRS)])
    session.save()
    assert in_file(strange, "行业代码") == ["餐馆", "2611;9999"]
    assert in_file(strange, "wastewater") == ["xxx", None]
    first = session.site("A-2")
    assert [one.value for one in first.unread] == ["餐馆", "xxx"], "also once it was saved"
    session.set_attribute("A-2", "industry_code", ("6210",))
    assert [one.value for one in first.unread] == ["xxx"]
    session.save()
    assert in_file(strange, "行业代码") == ["6210", "2611;9999"]
    assert in_file(strange, "wastewater") == ["xxx", None]
    assert [one.value for one in first.unread] == ["xxx"]
    session.remove_sites(["A-2"])
    session.save()
    session.mark_saved()
    session.undo_stack.undo()
    session.save()
    assert sorted(in_file(strange, "wastewater"), key=str) == [None, "xxx"]


def test_of_parcels_of_which_one_says_what_is_not_understood_nothing_is_known(path):
    write(path, "ALTER TABLE 重点项目 ADD COLUMN 行业代码 TEXT; UPDATE 重点项目 SET 行业代码='2611' WHERE 项目编号='B';"
                "UPDATE 重点项目 SET 行业代码='餐馆' WHERE fid=3")
    engine = Engine()
    workspace = engine.open_workspace(path)
    try:
        sites = {site.id: site for site in engine.stored_sites(workspace)}
    finally:
        workspace.close()
    assert "industry_code" not in sites["B"].attributes
    assert [one.row for one in sites["B"].unread] == [3]
    assert not sites["C"].unread


@pytest.mark.parametrize(("sql", "words"), [
    ("UPDATE 重点项目 SET 化工=1 WHERE fid=3", "“B”（第 2、3 行编号相同，而是否化工项目有“否”和“是”）"),
    ("UPDATE 重点项目 SET 化工=NULL WHERE fid=3", "“B”（第 2、3 行编号相同，而是否化工项目有“否”和“未知”）"),
    ("UPDATE 重点项目 SET 项目名称='别的厂' WHERE fid=3", "“B”（第 2、3 行编号相同，而项目名称有“重点项目B”和“别的厂”）"),
])
def test_a_project_whose_rows_contradict_each_other_is_left_out_and_named_and_the_others_open(path, qapp, sql, words):
    """It could be two projects with one id by mistake: with unknown attributes it might be judged by the land of both."""
    write(path, sql)
    before = stored(path, "重点项目")
    engine, session = Engine(), Session()
    session.open(engine.open_workspace(path))
    try:
        session.load_sites(engine.stored_sites(session.workspace))
        assert [site.id for site in session.sites] == ["A", "C", "A-2", "D"]
        assert words in projects.left_words(session.left_out.values())
        session.set_attribute("C", "nature", ("expansion",))  # the layer is written, and the rows of B stay as they are
        engine.save(session)
        after = stored(path, "重点项目")
        assert after[2][1:3] == before[2][1:3]
        assert after[2][3] != before[2][3]
        with pytest.raises(RequestError, match="编号同为“B”但内容不同"):
            load_projects("重点项目", session.workspace)  # the command line takes none of them, as before
    finally:
        session.close()


def test_a_project_that_another_program_makes_contradict_itself_leaves_with_its_name_and_comes_back(session, path):
    def take():
        workspace = session.workspace
        found = outside.read(workspace, workspace.changes(), session.project_marks)
        return outside.take(session, found)

    write(path, "UPDATE 重点项目 SET 化工=1 WHERE fid=3")
    told = take()
    assert (told.removed, [one.project for one in told.left]) == ([], ["B"])
    assert [site.id for site in session.sites] == ["A", "C", "A-2", "D"]
    assert [one.project for one in session.left_out.values()] == ["B"]
    write(path, "UPDATE 重点项目 SET 化工=1 WHERE fid=2")
    told = take()
    assert not session.left_out
    site = next(site for site in session.sites if site.id == "B")
    assert site.attributes["is_chemical"] is True


def rows_of(path, code):
    with closing(sqlite3.connect(path)) as file:
        return file.execute('SELECT 化工 FROM "重点项目" WHERE 项目编号=? ORDER BY fid', (code,)).fetchall()


def looked(session):
    workspace = session.workspace
    return outside.take(session, outside.read(workspace, workspace.changes(), session.project_marks))


@pytest.mark.parametrize("undone", [False, True])
@pytest.mark.parametrize("answer", ["mine", "theirs", "agree"])
def test_a_project_whose_rows_contradict_each_other_in_the_file_is_asked_about_before_the_windows_takes_their_place(
        session, path, answer, undone):
    """It was written under another id without a word, so that window and file called two projects by one id."""
    if not undone:
        session.set_attribute("B", "is_chemical", True)
    write(path, "UPDATE 重点项目 SET 化工=1 WHERE fid=3")
    told = looked(session)
    assert (told.lost, [one.project for one in told.left]) == ([], ["B"])
    if undone:
        assert "B" not in {site.id for site in session.sites}
        session.undo_stack.undo()
    assert [site.id for site in outside.contested(session)] == ["B"]
    if answer == "agree":
        write(path, "UPDATE 重点项目 SET 化工=0 WHERE fid=3")
        told = looked(session)
        assert (told.added, told.removed) == ([], [])
        assert not outside.contested(session)
    elif answer == "theirs":
        outside.take_theirs(session)
        assert "B" not in {site.id for site in session.sites}
    Engine().save(session)
    assert rows_of(path, "B") == {
        "theirs": [(0,), (1,)], "mine": [(int(not undone),)], "agree": [(int(not undone),)] * 2}[answer]
    assert rows_of(path, "B-2") == []
    assert [site.id for site in session.sites].count("B") == (answer != "theirs")
    assert list(session.left_out) == ([("重点项目", "B")] if answer == "theirs" else [])
    write(path, "UPDATE 重点项目 SET 化工=1 WHERE 项目编号='B'")
    looked(session)
    assert [site.attributes["is_chemical"] for site in session.sites if site.id == "B"] == [True]
    assert not [site.id for site in session.sites if site.id.startswith("B-")]

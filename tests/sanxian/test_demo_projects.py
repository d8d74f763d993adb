"""The demo's projects speak the contract's words, lie where they say, and come through every format."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import openpyxl
import pytest
import rasterio
import shapely

from layers.read import read_projects
from layers.workspace import Workspace
from rules.attributes import ATTRIBUTES, parse_value
from rules.load import load_pack
from sanxian.access_list.importer import import_list
from sanxian.demo import build, draw, projects
from sanxian.demo.access_table import CATEGORIES, DIMENSIONS, UNITS_SHEET
from sanxian.demo.ground import PLANNED_IN, table
from sanxian.request import load_projects

WORDS = {"prohibited", "undetermined", "restricted", "conditional", "advisory", "permitted"}


@pytest.fixture(scope="module")
def frame():
    return projects.frame(PLANNED_IN)


@pytest.fixture(scope="module")
def metres():
    return {role: drawn.to_crs(PLANNED_IN) for role, drawn in draw.layers().items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return build(tmp_path_factory.mktemp("demo"))


def site(frame, number):
    return frame.loc[frame.id == f"SL-{number:02d}"].geometry.iloc[0]


class TestTable:
    def test_there_are_enough_and_each_is_one(self, frame):
        assert len(frame) >= 30
        assert frame.id.is_unique
        assert frame.name.str.startswith("示例").all()
        assert frame.is_valid.all()
        assert {"Polygon", "MultiPolygon", "LineString", "Point", "MultiPoint"} <= set(frame.geom_type)

    def test_every_verdict_is_meant_to_occur_with_a_reason(self):
        assert {plan["verdict"] for plan in projects.plans()} == WORDS
        assert all(plan["because"] for plan in projects.plans())

    def test_attributes_are_in_the_contracts_vocabulary(self, frame):
        assert set(frame.columns) - {"id", "name", "geometry"} <= set(ATTRIBUTES)
        for row in frame.drop(columns="geometry").to_dict("records"):
            for name, kind in ATTRIBUTES.items():
                parse_value(kind, row.get(name))
            for code in filter(None, row["industry_code"].split(";")):
                assert re.fullmatch(r"\d{4}", code), row["id"]

    def test_every_key_of_a_row_is_used(self):
        known = {*projects.HEADERS, *projects.NOT_ATTRIBUTES}
        for plan in projects.plans():
            assert set(plan) <= known, plan["id"]


class TestPlace:
    @pytest.mark.parametrize("number", [6, 7])
    def test_the_chemical_pair_is_at_800_metres_from_the_line_of_management(self, frame, metres, number):
        banks = metres["river_bank"]
        line = banks[(banks["rank"] == "main") & (banks.baseline == "management")].geometry.iloc[0]
        assert site(frame, number).distance(line) == pytest.approx(800.0, abs=1.0)

    def test_one_lies_between_two_baselines(self, frame, metres):
        banks = metres["river_bank"]
        main = banks[(banks["rank"] == "main") & (banks.side == "right")]
        found = {line: site(frame, 9).distance(shape) for line, shape in zip(main.baseline, main.geometry, strict=True)}
        assert found["management"] < 990
        assert site(frame, 9).distance(main[main.baseline == "water_edge"].union_all()) > 1010

    def test_one_touches_a_redline_and_shares_no_area(self, frame, metres):
        redline = metres["ecological_redline"].union_all()
        assert site(frame, 35).distance(redline) < 1e-3
        assert site(frame, 35).intersection(redline).area < 0.1

    def test_one_lies_where_redlines_overlap(self, frame, metres):
        assert metres["ecological_redline"].covers(site(frame, 34)).sum() == 2

    def test_one_crosses_two_units(self, frame, metres):
        units = metres["control_unit"].intersection(site(frame, 19)).area
        assert (units > 1_000).sum() == 2

    def test_one_lies_outside(self, frame, metres):
        district = metres["admin"].loc[metres["admin"].code == "360403"].geometry.iloc[0]
        outside = [number for number, place in zip(frame.id, frame.geometry, strict=True) if not district.covers(place)]
        assert outside == ["SL-48"]

    def test_a_corridor_crosses_the_redline(self, frame, metres):
        redline = metres["ecological_redline"].union_all()
        assert site(frame, 36).crosses(redline)
        assert site(frame, 36).intersection(redline).length > 1_000


class TestFiles:
    def test_all_formats_are_read_back(self, made):
        whole = len(projects.plans())
        points = sum(kind == "Point" for kind in projects.frame().geom_type)
        for suffix, expected in (("gpkg", whole), ("geojson", whole), ("csv", points), ("xlsx", points)):
            found = read_projects(made.project_files[suffix])
            assert len(found.frame) == expected, suffix
            assert not [issue for issue in found.issues if issue.severity == "error"]
            loaded, digest = load_projects(made.project_files[suffix])
            assert len(loaded) == expected
            assert digest == found.sha256

    def test_points_lie_alike_in_table_and_map(self, made):
        at = {item.id: item.geometry for item in load_projects(made.project_files["gpkg"])[0]}
        for suffix in ("csv", "xlsx"):
            for item in load_projects(made.project_files[suffix])[0]:
                assert shapely.distance(item.geometry, at[item.id]) < 1e-6
                assert item.attributes.get("industry_code")

    def test_unknown_stays_unknown(self, made):
        by_id = {item.id: item for item in load_projects(made.project_files["gpkg"])[0]}
        for name in ("industry_code", "is_chemical", "is_two_high", "emits_air"):
            assert by_id["SL-08"].attributes.get(name) is None

    def test_the_workspace_holds_every_layer_and_says_what_it_is(self, made):
        with Workspace.open(made.workspace, readonly=True) as workspace:
            records = {record.role: record for record in workspace.layers()}
            assert set(records) == {*draw.DRAWN, "project_site"}
            in_file, _ = load_projects(made.projects)
            in_workspace, _ = load_projects("示例建设项目", workspace)
            assert [(item.id, item.attributes) for item in in_workspace] == [(item.id, item.attributes) for item in in_file]
            assert "groundwater_zone" not in records
            for role, plan in draw.plans().items():
                record = records[role]
                assert (record.name, record.version) == (plan.title, plan.version)
                assert record.accuracy_m == plan.accuracy_m
                assert record.coverage == "known"
                assert "虚构" in record.source
            assert records["discharge_outlet"].features == 180
            assert {raster.kind for raster in workspace.rasters()} == {"dem", "landcover"}
            assert not any(raster.missing for raster in workspace.rasters())
            assert "access_list.toml" in workspace.packs()["demo-access-list"]

    def test_building_again_gives_the_same_bytes(self, made, tmp_path):
        again = build(tmp_path)
        for old in sorted(made.workspace.parent.rglob("*")):
            if old.is_file() and old.suffix != ".lock":
                new = tmp_path / old.relative_to(made.workspace.parent)
                assert _sha(new) == _sha(old), old.name
        build(tmp_path)
        assert _sha(again.workspace) == _sha(made.workspace)

    def test_progress_counts_to_the_end(self, tmp_path):
        seen: list[tuple[int, int, str]] = []
        build(tmp_path, progress=lambda done, total, words: seen.append((done, total, words)))
        assert [done for done, _, _ in seen] == list(range(seen[0][1]))
        assert all(words for _, _, words in seen)

    def test_rasters_show_hills_water_and_town(self, made):
        with rasterio.open(made.rasters["dem"]) as dem:
            height = dem.read(1)
            assert dem.crs.to_epsg() == 4548
            assert dem.res == (30.0, 30.0)
        assert 5 < height.min() < 15
        assert 250 < height.max() < 600
        with rasterio.open(made.rasters["landcover"]) as cover:
            assert set(cover.read(1).ravel()) == {1, 2, 4, 5, 7, 8, 9}


class TestAccessList:
    def test_the_pack_is_read_and_knows_every_unit(self, made):
        found = load_pack(made.pack_dir).access_lists[0]
        units = draw.layers()["control_unit"]
        assert set(found.units) == set(units.code)
        for code, name, category in zip(units.code, units.name, units.category, strict=True):
            assert found.units[code]["name"] == name
            assert found.units[code]["category"] == category
        states = [clause.status for clause in found.clauses]
        assert states.count("confirmed") > 5 * (states.count("manual") + states.count("machine_read")) > 0
        assert {clause.tier for clause in found.clauses} == {"province", "city", "unit"}

    def test_each_clause_stands_in_the_cell_that_it_names(self, made):
        book = openpyxl.load_workbook(made.access_list)
        for clause in load_pack(made.pack_dir).access_lists[0].clauses:
            sheet, cell = clause.provenance.split("!")
            assert clause.text in book[sheet][cell].value, clause.id
        heads = [cell.value for cell in book[UNITS_SHEET][2]]
        assert heads[-4:] == list(DIMENSIONS.values())
        assert {row[6].value for row in book[UNITS_SHEET].iter_rows(min_row=4)} == set(CATEGORIES.values())

    def test_the_importer_reads_the_workbook(self, made):
        found = import_list(made.access_list)
        confirmed = load_pack(made.pack_dir).access_lists[0]
        assert set(found.access_list.units) == set(confirmed.units)
        assert len(found.access_list.clauses) == len(confirmed.clauses)
        assert found.access_list.in_force_from == confirmed.in_force_from
        assert not [issue for issue in found.issues if issue.severity == "error"]
        places = sorted(clause.provenance for clause in confirmed.clauses)
        assert sorted(clause.provenance for clause in found.access_list.clauses) == places
        assert {clause.status for clause in found.access_list.clauses} == {"machine_read", "manual"}

    def test_the_list_says_that_it_is_invented(self):
        given = table("access_list")
        assert "虚构" in given["title"]["zh"]
        assert "invented" in given["title"]["en"]
        assert all(re.fullmatch(r"ZH360403[123]99\d\d", unit["code"]) for unit in given["unit"])


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

"""Layers that lie away from the rest of a workspace, and coverages that nobody has stated."""

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from layers.check import check_workspace
from layers.errors import LayerError
from layers.ledger import ledger
from layers.look import look, places
from layers.read import read_layer, read_projects
from layers.whereabouts import Around, around, doubt, is_foreign
from layers.workspace import Workspace

DISTRICT = shapely.box(115.5, 29.4, 116.1, 29.9)


def frame(lon=115.6, lat=29.5, crs=4490, stated=None, count=16):
    """Squares near a place, in one CRS, said to be in another."""
    step = 0.05
    squares = [shapely.box(lon + i % 4 * step, lat + i // 4 * step, lon + (i % 4 + 1) * step, lat + (i // 4 + 1) * step)
               for i in range(count)]  # fmt: skip
    made = geopandas.GeoDataFrame({"name": [f"n{i}" for i in range(count)]}, geometry=squares, crs=4490).to_crs(crs)
    return made if stated is None else made.set_crs(stated, allow_override=True)


def file(folder, data, name="a.gpkg"):
    data.to_file(folder / name)
    return folder / name


@pytest.fixture
def workspace(tmp_path):
    admin = geopandas.GeoDataFrame({"code": ["360404"], "name": ["柴桑区"]}, geometry=[DISTRICT], crs=4490)
    with Workspace.create(tmp_path / "w.gpkg") as made:
        made.add(read_layer(file(tmp_path, admin, "admin.gpkg"), "admin"))
        yield made


def test_a_neighbouring_meridian_is_refused_with_the_one_that_fits(workspace, tmp_path):
    path = file(tmp_path, frame(crs=4549, stated=4548))
    with pytest.raises(LayerError, match=r"EPSG:4549（115\.7°E 29\.6°N，100%）.*--crs"):
        read_layer(path, "ecological_redline", around=around(workspace))


@pytest.mark.parametrize("more", [{"crs": "EPSG:4548"}, {"elsewhere": True}])
def test_it_enters_once_somebody_has_said_that_it_lies_there(workspace, tmp_path, more):
    path = file(tmp_path, frame(crs=4549, stated=4548))
    layer = read_layer(path, "ecological_redline", around=around(workspace), **more)
    assert "lies-elsewhere-fits" in {issue.code for issue in layer.issues}


def test_the_right_meridian_needs_no_word(workspace, tmp_path):
    layer = read_layer(file(tmp_path, frame(crs=4549)), "ecological_redline", around=around(workspace))
    assert not [issue for issue in layer.issues if issue.code.startswith("lies")]


def test_degrees_converted_under_a_wrong_meridian_are_told_by_whole_degrees(workspace, tmp_path):
    with pytest.raises(LayerError, match="经度加 -3°"):
        read_layer(file(tmp_path, frame(118.6)), "wetland", around=around(workspace))


def test_a_layer_truly_elsewhere_is_asked_about_and_one_next_door_only_named(workspace, tmp_path):
    with pytest.raises(LayerError, match="没有常用的坐标系"):
        read_layer(file(tmp_path, frame(101.3, 25)), "wetland", around=around(workspace))
    next_door = read_layer(file(tmp_path, frame(116.2), "b.gpkg"), "wetland", around=around(workspace))
    assert [issue.code for issue in next_door.issues if issue.severity == "warning"] == ["field-missing", "lies-elsewhere"]
    assert not [i for i in read_layer(tmp_path / "a.gpkg", "reference", around=around(workspace)).issues if i.severity == "error"]


def test_a_province_around_the_district_is_at_home(workspace, tmp_path):
    wide = frame(114, 26).set_geometry([shapely.box(113.6 + i * 0.3, 24.5, 113.8 + i * 0.3, 30) for i in range(16)])
    assert not [i for i in read_layer(file(tmp_path, wide), "wetland", around=around(workspace)).issues if "lies" in i.code]


def test_sites_in_a_wrong_zone_are_refused_and_sites_elsewhere_are_not(workspace, tmp_path):
    with pytest.raises(LayerError, match="EPSG:4549"):
        read_projects(file(tmp_path, frame(crs=4549, stated=4548, count=1)), around=around(workspace))
    far = read_projects(file(tmp_path, frame(101.3, 25, count=1), "b.gpkg"), around=around(workspace))
    assert [issue.code for issue in far.issues] == ["lies-elsewhere"]


def test_one_site_of_many_in_another_zone_is_named_by_its_row(workspace, tmp_path):
    mixed = frame(crs=4548, count=6)
    other = frame(crs=4549, stated=4548, count=1)
    both = geopandas.GeoDataFrame({"name": [*mixed["name"], "astray"]}, geometry=[*mixed.geometry, *other.geometry], crs=4548)
    found = read_projects(file(tmp_path, both), around=around(workspace)).issues
    assert [(issue.code, issue.row) for issue in found] == [("lies-elsewhere-fits", 7)]


def test_a_named_system_that_leads_out_of_china_is_refused_unless_confirmed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name,X,Y\na,401000,3281000\nb,402000,3282000\n")
    with pytest.raises(LayerError, match="中国以外.*--elsewhere"):
        read_layer(path, "receptor", crs="EPSG:3857")
    said = read_layer(path, "receptor", crs="EPSG:3857", elsewhere=True).issues
    assert "layer-outside-china" in {issue.code for issue in said}
    assert "layer-outside-china" in {issue.code for issue in read_layer(path, "receptor", crs="EPSG:27700").issues}


@pytest.mark.parametrize(("code", "foreign"), [(27700, True), (4490, False), (4326, False), (3857, False), (4548, False), (32650, False)])
def test_a_system_made_for_another_country_is_known_by_its_area_of_use(code, foreign):
    assert is_foreign(CRS.from_epsg(code)) is foreign


@settings(max_examples=60, deadline=None)
@given(lon=st.floats(75, 133), lat=st.floats(19, 52), right=st.integers(4534, 4554), wrong=st.integers(4534, 4554))
def test_the_meridian_meant_is_always_among_the_candidates(lon, lat, right, wrong):
    """Wherever the district, and whichever meridian was meant near it: it is named, with everything lying in there."""
    meridian = 75 + 3 * (right - 4534)
    if right == wrong or abs(meridian - lon) > 3:
        return
    home = shapely.box(lon - 0.3, lat - 0.3, lon + 0.3, lat + 0.3)
    shapes = frame(lon - 0.1, lat - 0.1, crs=right, stated=wrong).geometry.array
    found = doubt(shapes, CRS.from_epsg(wrong), Around(home, home))
    assert found is not None
    assert found.stops
    assert f"EPSG:{right}" in found.candidates
    assert found.evidence["fits"][f"EPSG:{right}"] == 1.0


def test_the_dialog_is_given_the_candidates_with_their_places(workspace, tmp_path):
    seen = look(file(tmp_path, frame(crs=4549, stated=4548)))
    found = places(seen, area=DISTRICT, around=around(workspace))
    assert found.open
    assert [(one.crs, one.stated, one.within) for one in found.placements] == [("EPSG:4548", True, 0), ("EPSG:4549", False, 1)]


def test_check_finds_what_was_let_in_before(workspace, tmp_path):
    workspace.add(read_layer(file(tmp_path, frame(crs=4549, stated=4548)), "ecological_redline"))
    found = {finding.code: finding for finding in check_workspace(workspace)}
    assert found["lies-elsewhere-fits"].severity == "warning"
    assert "EPSG:4549" in found["lies-elsewhere-fits"].values["candidates"]


def test_a_coverage_that_nobody_stated_is_assumed_and_told_with_numbers(workspace, tmp_path):
    workspace.add(read_layer(file(tmp_path, frame(count=1)), "ecological_redline"))
    [row] = [row for row in ledger(workspace) if row.role == "ecological_redline"]
    assert (row.stated, round(row.extent_share, 3)) == ("admin", 0.008)
    [found] = [finding for finding in check_workspace(workspace) if finding.code == "coverage-assumed"]
    assert found.severity == "warning"
    assert found.values == {"percent": 0.8, "extent_km2": pytest.approx(26.9, abs=0.1), "district_km2": pytest.approx(3220, abs=5)}
    assert workspace.record("a").coverage_from == "admin"


def test_a_stated_coverage_and_a_spread_layer_are_no_such_thing(workspace, tmp_path):
    one = read_layer(file(tmp_path, frame(count=1)), "ecological_redline")
    workspace.add(one, coverage="hull")
    grid = np.linspace(115.5, 116.0, 5)
    spread = geopandas.GeoDataFrame({"name": ["x"] * 25}, geometry=[
        shapely.box(lon, lat, lon + 0.01, lat + 0.01) for lon in grid for lat in np.linspace(29.4, 29.8, 5)], crs=4490)  # fmt: skip
    workspace.add(read_layer(file(tmp_path, spread, "b.gpkg"), "wetland"))
    assert "coverage-assumed" not in {finding.code for finding in check_workspace(workspace)}
    assert workspace.record("a").coverage_from == "stated"


def test_a_file_in_the_system_of_another_country_is_named_and_let_in(workspace, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name,wkt\na,SRID=27700;POINT(380000 90000)\n")
    said = read_layer(path, "receptor", around=around(workspace)).issues
    assert {"layer-outside-china", "lies-elsewhere"} <= {issue.code for issue in said}


def test_how_far_off_is_told_of_the_middle_of_a_layer_of_which_a_part_lies_near(workspace, tmp_path):
    both = geopandas.GeoDataFrame({"name": list("abcd")}, geometry=[
        shapely.box(lon, 29.5, lon + 0.02, 29.52) for lon in (115.6, 117.4, 117.5, 117.6)], crs=4490)  # fmt: skip
    (found,) = (i for i in read_layer(file(tmp_path, both), "wetland", around=around(workspace)).issues
                if i.code == "lies-elsewhere")  # fmt: skip
    assert 110 < found.values["away_km"] < 140

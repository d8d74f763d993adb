from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import Point, box, transform

from layers import crs_doctor
from layers.read import LayerError, read_layer

pytestmark = pytest.mark.filterwarnings("ignore:'crs' was not provided")

HERE = box(115.98, 29.72, 115.99, 29.73)


def in_crs(code, shape=HERE):
    return geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[shape], crs=4490).to_crs(code)


def write(tmp_path, data, stated):
    path = tmp_path / "a.gpkg"
    data = geopandas.GeoDataFrame(data.drop(columns="geometry"), geometry=np.asarray(data.geometry.array))
    (data.set_crs(stated, allow_override=True) if stated else data).to_file(path)
    return path


@pytest.mark.parametrize(
    ("true", "stated", "sentence"),
    [
        (4490, None, "a.gpkg 没有说明坐标系；按坐标值可能是：EPSG:4490（115.985°E 29.725°N）、EPSG:4326（115.985°E 29.725°N）。请指明其一"),
        (4548, None, "a.gpkg 没有说明坐标系；按坐标值可能是：EPSG:4548（115.985°E 29.725°N）、EPSG:4547（112.985°E 29.725°N）、"
                     "EPSG:4549（118.985°E 29.725°N）。请指明其一"),
        (4527, None, "a.gpkg 没有说明坐标系；按坐标值可能是：EPSG:4527（115.985°E 29.725°N）。请指明其一"),
        (4498, None, "a.gpkg 没有说明坐标系；按坐标值可能是：EPSG:4498（115.985°E 29.725°N）。请指明其一"),
        (4490, 4527, "a.gpkg 注明的坐标系 EPSG:4527 以米为单位，坐标值却像度；可能是：EPSG:4490"),
        (4527, 4490, "a.gpkg 注明的坐标系 EPSG:4490 以度为单位，坐标值却是米；可能是：EPSG:4527"),
        (4527, 4526, "a.gpkg 的坐标带号是 39，坐标系 EPSG:4526 却是 38 带；按坐标应是：EPSG:4527"),
        (4527, 4548, "a.gpkg 的坐标带有带号 39，坐标系 EPSG:4548 却不带；按坐标应是：EPSG:4527"),
        (4548, 4527, "a.gpkg 的坐标没有带号，坐标系 EPSG:4527 却带有；可能是：EPSG:4548"),
        (4214, 4214, "a.gpkg 的坐标系是 EPSG:4214（1954 北京或 1980 西安）"),
        (2363, 2363, "a.gpkg 的坐标系是 EPSG:2363（1954 北京或 1980 西安）"),
    ],
)  # fmt: skip
def test_doubtful_coordinates_are_refused_with_what_they_could_be(tmp_path, true, stated, sentence):
    path = write(tmp_path, in_crs(true), stated)
    with pytest.raises(LayerError) as caught:
        read_layer(path, "ecological_redline")
    assert str(caught.value).startswith(sentence)
    layer = read_layer(path, "ecological_redline", crs=true)
    assert layer.frame.crs.to_epsg() == true
    place = layer.frame.to_crs(4490).geometry[0].centroid
    assert (place.x, place.y) == pytest.approx((115.985, 29.725), abs=2e-3)


@pytest.mark.parametrize("code", [4490, 4326, 4527, 4526, 4548, 4547, 4498, 4509])
def test_coordinates_that_fit_are_taken_without_a_word(tmp_path, code):
    layer = read_layer(write(tmp_path, in_crs(code), code), "ecological_redline")
    assert layer.issues == ()
    assert layer.frame.crs.to_epsg() == code


def test_web_mercator_is_read_with_a_warning(tmp_path):
    layer = read_layer(write(tmp_path, in_crs(3857), 3857), "ecological_redline")
    assert [(issue.code, issue.severity) for issue in layer.issues] == [("web-mercator", "warning")]


@pytest.mark.parametrize("code", [4490, 4548])
def test_swapped_axes_are_turned_only_where_the_crs_is_given(tmp_path, code):
    data = in_crs(code)
    data = data.set_geometry(transform(data.geometry.array, lambda xy: xy[:, ::-1]))
    path = write(tmp_path, data, code)
    with pytest.raises(LayerError, match="坐标两轴看起来对调了"):
        read_layer(path, "ecological_redline")
    layer = read_layer(path, "ecological_redline", crs=code)
    assert [issue.code for issue in layer.issues] == ["axes-swapped"]
    assert layer.frame.geometry[0].equals_exact(in_crs(code).geometry[0], 1e-6) or layer.frame.geometry[0].equals(
        in_crs(code).geometry[0]
    )


def test_a_given_crs_that_the_numbers_deny_is_refused_too(tmp_path):
    path = write(tmp_path, in_crs(4548), None)
    with pytest.raises(LayerError, match="坐标没有带号，坐标系 EPSG:4527 却带有"):
        read_layer(path, "ecological_redline", crs=4527)


def test_an_override_is_named(tmp_path):
    layer = read_layer(write(tmp_path, in_crs(4490), 4326), "ecological_redline", crs=4490)
    (issue,) = layer.issues
    assert (issue.code, issue.values) == ("crs-overridden", {"stated": "EPSG:4326", "given": "EPSG:4490"})


WKT = 'GEOGCS["{name}",DATUM["{datum}",SPHEROID["S",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]'
GAUSS = (
    'PROJCS["P_2000",{geo},PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",{fe}],PARAMETER["False_Northing",0],'
    'PARAMETER["Central_Meridian",{cm}],PARAMETER["Scale_Factor",1],PARAMETER["Latitude_Of_Origin",0],UNIT["Meter",1]]'
)


def test_cgcs2000_without_a_code_is_recognised():
    geo = WKT.format(name="CGCS_2000", datum="D_2000")
    assert crs_doctor.canonical(CRS.from_wkt(geo)).to_epsg() == 4490
    for easting, meridian, code in (
        (39500000, 117, 4527),
        (500000, 117, 4548),
        (20500000, 117, 4498),
        (500000, 114, 4547),
    ):
        wkt = GAUSS.format(geo=geo, fe=easting, cm=meridian)
        assert crs_doctor.canonical(CRS.from_wkt(wkt)).to_epsg() == code
    own = CRS.from_wkt(GAUSS.format(geo=geo, fe=500000, cm=116.5))
    assert crs_doctor.canonical(own) is own  # a city's own meridian stays as it is


def test_a_shift_like_that_of_consumer_maps_is_seen_against_a_reference():
    places = [Point(115.9 + step / 10, 28.7 + step / 10) for step in range(5)]
    names = [f"县{step}" for step in range(5)]
    reference = geopandas.GeoDataFrame({"name": names}, geometry=[place.buffer(0.01) for place in places], crs=4490)
    for carry, system in ((crs_doctor.gcj02, "GCJ-02"), (crs_doctor.bd09, "BD-09")):
        moved = [Point(carry(place.x, place.y)).buffer(0.01) for place in places]
        data = geopandas.GeoDataFrame({"name": names}, geometry=moved, crs=4326)
        (doubt,) = crs_doctor.diagnose(data, data.crs, reference=reference)
        assert (doubt.code, doubt.evidence["system"], doubt.stops) == ("shifted-coordinates", system, False)
    assert crs_doctor.diagnose(reference, reference.crs, reference=reference) == []


def test_gcj02_and_bd09_agree_with_published_vectors():
    # 驻马店 and 邵阳, from a public test table of the two transformations
    for lon, lat, gcj, bd in (
        (114.0164322, 33.0133556, (114.022306, 33.0115324), (114.0287781, 33.0176697)),
        (111.4622119, 27.242124, (111.4677938, 27.2388981), (111.4742271, 27.2451662)),
    ):
        assert crs_doctor.gcj02(lon, lat) == pytest.approx(gcj, abs=2e-5)
        assert crs_doctor.bd09(lon, lat) == pytest.approx(bd, abs=2e-5)


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09"])
def test_a_shift_is_taken_back_only_where_it_is_declared(tmp_path, system):
    true = np.array([[115.9, 29.7], [115.95, 29.7], [115.95, 29.75], [115.9, 29.7]])
    moved = np.column_stack(crs_doctor.SHIFTED[system](true[:, 0], true[:, 1]))
    assert np.abs(crs_doctor.unshift(moved, system) - true).max() < 1e-9
    path = tmp_path / "a.geojson"
    geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Polygon(moved)], crs=4326).to_file(path)
    plain = read_layer(path, "ecological_redline")
    assert np.abs(shapely.get_coordinates(plain.frame.geometry.array) - moved).max() < 1e-6
    for spelling in (system, system.replace("-", "").lower()):
        layer = read_layer(path, "ecological_redline", crs=spelling)
        assert np.abs(shapely.get_coordinates(layer.frame.geometry.array) - true).max() < 1e-6
        assert layer.issues[-1].code == "shift-converted"
        assert 300 < layer.issues[-1].values["shift_m"] < 1600
        assert layer.frame.crs.to_epsg() == 4490
    metres = geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.box(4e5, 3.2e6, 4.1e5, 3.3e6)], crs=4548)
    metres.to_file(tmp_path / "m.gpkg")
    with pytest.raises(LayerError):
        read_layer(tmp_path / "m.gpkg", "ecological_redline", crs=system)


@pytest.mark.parametrize("crs", [None, 4526, 4527, 4548])
def test_zones_mixed_in_one_file_are_refused_under_every_crs(tmp_path, crs):
    """A stray 38 under zone 39 lies ten degrees away, still in China: nothing else would notice."""
    shapes = [in_crs(code).geometry.iloc[0] for code in (4526, 4527)]
    mixed = geopandas.GeoDataFrame({"name": ["甲", "乙"]}, geometry=shapes)
    for stated, named in ((crs, None), (None, crs)):
        path = write(tmp_path, mixed, stated)
        with pytest.raises(LayerError, match="混有带号 38、39"):
            read_layer(path, "ecological_redline", crs=named)
        path.unlink()


@pytest.mark.parametrize(
    ("true", "shape"), [(4508, box(115.98, 29.72, 115.99, 29.73)), (3857, HERE), (3857, box(118.1, 29.7, 118.2, 29.8))]
)
def test_what_no_zone_of_three_degrees_holds_has_its_candidate(tmp_path, true, shape):
    path = write(tmp_path, in_crs(true, shape), None)
    with pytest.raises(LayerError) as caught:
        read_layer(path, "ecological_redline")
    centre = shape.centroid
    assert f"EPSG:{true}（{centre.x:.3f}".rstrip("0") in str(caught.value)


@settings(max_examples=40, deadline=None)
@given(
    lon=st.floats(100, 120), lat=st.floats(24, 40), count=st.integers(5, 30), noise=st.floats(0, 20),
    system=st.sampled_from(["GCJ-02", "BD-09"]), reverse=st.booleans(), seed=st.integers(0, 999),
)  # fmt: skip
def test_a_shift_is_seen_in_either_direction_whatever_the_place(lon, lat, count, noise, system, reverse, seed):
    rng = np.random.default_rng(seed)
    true = np.column_stack([lon + rng.uniform(-0.3, 0.3, count), lat + rng.uniform(-0.3, 0.3, count)])
    metres = 111_320 * np.array([np.cos(np.radians(lat)), 1])
    moved = np.column_stack(crs_doctor.SHIFTED[system](true[:, 0], true[:, 1]))
    if np.hypot(*(np.median(moved - true, axis=0) * metres)) < 120:
        return
    moved = moved + rng.normal(0, noise, (count, 2)) / metres
    one, other = (
        geopandas.GeoDataFrame({"name": [f"n{n}" for n in range(count)]}, geometry=[Point(x).buffer(0.001) for x in xy], crs=4490)
        for xy in ((true, moved) if reverse else (moved, true))
    )
    (doubt,) = crs_doctor.diagnose(one, one.crs, reference=other)
    assert (doubt.code, doubt.evidence["system"]) == ("reference-shifted" if reverse else "shifted-coordinates", system)


@pytest.mark.parametrize("angle", range(0, 360, 45))
@pytest.mark.parametrize("metres", [30, 150, 590, 700])
def test_an_offset_of_another_cause_is_no_shift_of_consumer_maps(angle, metres):
    """In Jiujiang GCJ-02 moves by some 590 m to the south-east, at 328 degrees, and BD-09 by a kilometre."""
    degrees = metres / 111_320
    off = np.array([np.cos(np.radians(angle)) / np.cos(np.radians(29.7)), np.sin(np.radians(angle))]) * degrees
    true = np.array([[115.6 + n / 10, 29.5 + n / 20] for n in range(8)])
    one, other = (
        geopandas.GeoDataFrame({"name": [f"n{n}" for n in range(8)]}, geometry=[Point(x).buffer(0.001) for x in xy], crs=4490)
        for xy in (true + off, true)
    )
    assert crs_doctor.diagnose(one, one.crs, reference=other) == []

"""Files broken at random: every reader ends in a layer or in one sentence, and what is lost is said."""

from __future__ import annotations

import math
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import geopandas
import openpyxl
import pandas as pd
import pytest
from files import frame, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from layers import boundary_txt, raster
from layers.angles import parse_angle
from layers.read import LayerError, list_layers, read_layer, read_projects
from layers.tables import read_table
from layers.values import Unreadable

COUNT = 12
KINDS = ("shp", "zip", "gpkg", "geojson", "kml", "gml", "mif", "tab", "fgb", "parquet", "dxf", "csv", "xlsx", "ods", "txt", "tif")


@cache
def seeds() -> Path:
    """One sound file of each kind, made once."""
    folder = Path(tempfile.mkdtemp(prefix="sanxian-fuzz-"))
    boxes = [(115.9 + n / 100, 29.7, 115.905 + n / 100, 29.705) for n in range(COUNT)]
    data = frame({"name": [f"地块{n}" for n in range(COUNT)], "code": [f"0{n:03}" for n in range(COUNT)]}, boxes)
    for kind in ("shp", "gpkg", "geojson", "kml", "gml", "mif", "fgb", "parquet"):
        write(folder / f"a.{kind}", data)
    (folder / "t").mkdir()
    write(folder / "t" / "a.tab", data)
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in ("shp", "shx", "dbf", "prj", "cpg"):
            archive.write(folder / f"a.{part}", f"数据/地块.{part}")
    geopandas.GeoDataFrame(geometry=data.to_crs(4548).geometry.boundary, crs=4548).to_file(folder / "a.dxf", engine="pyogrio")
    table = pd.DataFrame({"name": data["name"], "经度": [f"{b[0]:.4f}" for b in boxes], "纬度": ["29.7"] * COUNT})
    table.to_csv(folder / "a.csv", index=False, encoding="gb18030")
    book = openpyxl.Workbook()
    for row in [list(table.columns), *table.to_numpy().tolist()]:
        book.active.append(row)
    book.save(folder / "a.xlsx")
    _ods(folder / "a.ods", [list(table.columns), *table.to_numpy().tolist()])
    from datetime import date

    boundary_txt.write(data, folder / "a.txt", made_on=date(2026, 1, 1))
    import numpy as np
    import rasterio
    from rasterio.transform import from_origin

    with rasterio.open(
        folder / "a.tif", "w", driver="GTiff", width=32, height=32, count=1, dtype="float32", crs="EPSG:4548",
        transform=from_origin(400_000, 3_290_000, 30, 30), tiled=True, blockxsize=16, blockysize=16, compress="deflate",
    ) as target:  # fmt: skip
        target.write(np.arange(1024, dtype="float32").reshape(1, 32, 32))
    return folder


def _ods(path, rows):
    cells = "".join(
        "<table:table-row>" + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        ) + "</table:table-row>" for row in rows
    )  # fmt: skip
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    text = f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="a">{cells}'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", text + "</table:table></office:spreadsheet></office:body></office:document-content>")


@st.composite
def damages(draw):
    """What happens to a file: bytes changed, cut off, put in or taken out. Places are parts of a whole."""
    return draw(
        st.lists(
            st.one_of(
                st.tuples(st.just("set"), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
                st.tuples(st.just("cut"), st.floats(0, 1), st.just(b"")),
                st.tuples(st.just("put"), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
                st.tuples(st.just("drop"), st.floats(0, 1), st.binary(min_size=1, max_size=40)),
                st.tuples(st.just("zero"), st.floats(0, 1), st.binary(min_size=1, max_size=64)),
            ),
            min_size=1,
            max_size=4,
        )
    )


def damaged(data: bytes, what) -> bytes:
    for kind, where, piece in what:
        at = int(where * len(data))
        if kind == "set":
            data = data[:at] + piece + data[at + len(piece) :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "put":
            data = data[:at] + piece + data[at:]
        elif kind == "drop":
            data = data[:at] + data[at + len(piece) :]
        else:
            data = data[:at] + bytes(len(piece)) + data[at + len(piece) :]
    return data


def tried(read, *words, **more):
    """What a reader gives, or its sentence; anything else goes through."""
    try:
        return read(*words, **more)
    except LayerError as error:
        refused = error
    assert str(refused).strip()
    assert "Traceback" not in str(refused)
    assert refused.template.format(**refused.params) == str(refused)
    return str(refused)


QUICK = settings(
    max_examples=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@QUICK
@given(what=damages(), part=st.integers(0, 3))
def test_a_broken_file_gives_a_layer_or_a_sentence(kind, what, part):
    with tempfile.TemporaryDirectory(prefix="sanxian-fuzz-") as name:
        folder = Path(name)
        source = seeds() / "t" if kind == "tab" else seeds()
        for file in sorted(source.glob("a.*")):
            if kind in ("shp", "tab", "mif") or file.suffix == f".{kind}":
                shutil.copyfile(file, folder / file.name)
        parts = {"shp": ("shp", "dbf", "shx", "prj"), "tab": ("tab", "dat", "map", "id"), "mif": ("mif", "mid")}
        names = parts.get(kind, (kind,))
        victim = folder / f"a.{names[part % len(names)]}"
        victim.write_bytes(damaged(victim.read_bytes(), what))
        path = folder / f"a.{kind}"
        if kind == "tif":
            tried(raster.inspect, path, "dem")
            return
        tried(list_layers, path)
        crs = {"crs": 4548} if kind == "dxf" else {}
        found = tried(read_projects, path, **crs)
        if not isinstance(found, str):
            assert found.frame.is_valid.all()
            if kind == "shp":  # of the formats that state how many there are: fewer is never without a word
                assert len(found.frame) == COUNT or found.issues
        tried(read_layer, path, "reference", repair="tell", **crs)
        if kind in ("csv", "xlsx", "ods", "txt"):
            tried(read_table, path)


@pytest.mark.parametrize("kind", ["shp", "gpkg", "geojson", "fgb", "parquet", "zip", "xlsx", "ods", "kml", "gml", "tif"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_file_cut_off_in_copying_is_never_taken_for_a_whole_one(kind, share, tmp_path):
    for file in sorted(seeds().glob("a.*")):
        if kind == "shp" or file.suffix == f".{kind}":
            shutil.copyfile(file, tmp_path / file.name)
    path = tmp_path / f"a.{kind}"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    if kind == "tif":
        assert isinstance(tried(raster.inspect, path, "dem"), str)
        return
    found = tried(read_projects, path)
    if not isinstance(found, str):
        assert [issue for issue in found.issues if issue.severity != "info"], found


@pytest.mark.timeout(60)
@settings(QUICK, max_examples=300)
@given(st.text(alphabet="0123456789.°′″'\"度分秒NSEW东西南北经纬-+ ,:：，º´dms", max_size=24))
def test_an_angle_is_read_or_refused(text):
    try:
        value = parse_angle(text)
    except Unreadable:
        return
    assert math.isfinite(value)


@settings(QUICK, max_examples=60)
@given(st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=5))
def test_points_of_any_number_are_placed_left_out_with_a_word_or_refused(places):
    with tempfile.TemporaryDirectory(prefix="sanxian-fuzz-") as name:
        path = Path(name) / "a.csv"
        rows = "".join(f"甲,{x},{y}\n" for x, y in places)
        path.write_text(f"name,经度,纬度\n{rows}", encoding="utf-8")
        found = tried(read_projects, path)
        if not isinstance(found, str):
            assert len(found.frame) == len(places) or found.issues
            assert all(isinstance(shape, Point) for shape in found.frame.geometry)

"""Boundary point text that is written reads back as the same land."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from layers import boundary_txt
from layers.read import read_projects

WORDS = st.text(alphabet="甲乙丙浔阳区地块AB12,，\n ()-", min_size=1, max_size=12)


@st.composite
def parcels(draw):
    """A parcel of one or two pieces around a place of the two cities, perhaps with a hole and an island in the hole."""
    east, north = draw(st.floats(387_000, 402_000)), draw(st.floats(3_174_000, 3_300_000))
    pieces = []
    for number in range(draw(st.integers(1, 2))):
        x, y = east + 500 * number, north
        count = draw(st.integers(3, 9))
        angles = np.sort(np.array(draw(st.lists(st.floats(0, 6.28), min_size=count, max_size=count, unique=True))))
        reach = np.array(draw(st.lists(st.floats(80, 200), min_size=count, max_size=count)))
        shape = Polygon(np.column_stack([x + reach * np.cos(angles), y + reach * np.sin(angles)]).round(3))
        assume(shape.is_valid and shape.area > 100)
        inside = box(x - 9, y - 9, x + 9, y + 9)
        if draw(st.booleans()) and shape.contains(inside.buffer(1)):
            pieces.append(shape.difference(inside))
            if draw(st.booleans()):
                pieces.append(box(x - 3, y - 3, x + 3, y + 3))
        else:
            pieces.append(shape)
    return pieces[0] if len(pieces) == 1 else MultiPolygon(pieces)


@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(parcels(), WORDS, WORDS), min_size=1, max_size=3))
def test_what_is_written_reads_back(made):
    shapes = [shape for shape, _, _ in made]
    assume(all(shapely.is_valid(shape) for shape in shapes))
    frame = geopandas.GeoDataFrame(
        {"code": [code for _, code, _ in made], "name": [name for _, _, name in made]}, geometry=shapes, crs=4548
    )
    with tempfile.TemporaryDirectory(prefix="sanxian-txt-") as folder:
        path = Path(folder) / "界址点.txt"
        boundary_txt.write(frame, path, made_on=date(2026, 1, 2))
        found = read_projects(path)
        assert [file.name for file in Path(folder).iterdir()] == [path.name]
    assert len(found.frame) == len(frame)
    back = found.frame.to_crs(4548).geometry
    for shape, other in zip(shapes, back, strict=True):
        assert shapely.symmetric_difference(shape, other).area < 0.002 * shape.length  # millimetres all around
        assert len(shapely.get_parts(other)) == len(shapely.get_parts(shape))
    assert not [issue for issue in found.issues if issue.severity == "error"]


def test_a_name_that_the_encoding_does_not_have_leaves_no_file(tmp_path):
    frame = geopandas.GeoDataFrame({"name": ["𠀀"]}, geometry=[box(115.9, 29.7, 115.91, 29.71)], crs=4490)
    with pytest.raises(boundary_txt.LayerError, match="gbk 写不出的字：𠀀"):
        boundary_txt.write(frame, tmp_path / "a.txt", made_on=date(2026, 1, 2), encoding="gbk")
    assert not list(tmp_path.iterdir())

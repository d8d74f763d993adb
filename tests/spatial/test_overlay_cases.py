"""Pairs of awkward shapes with known answers, for every kernel; and the test files of GEOS or JTS where they are given.

The files are not part of this repository. To run them: unpack the sources of GEOS or JTS (such as ``apt-get source
geos``), then ``SANXIAN_OVERLAY_XML=geos-3.11.1/tests/xmltester/tests pytest tests/spatial/test_overlay_cases.py``.
What is asked of them: where two valid shapes have an ``intersection``, area and length as they say; where they have
``intersects`` and ``touches``, these; of broken shapes a refusal by name.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely

from spatial.errors import GeometryError
from spatial.overlay import overlaps, union_share
from spatial.prepared import Prepared, has_grid

ENGINES = ["tiles", *(["grid"] if has_grid() else [])]
FOLDER = os.environ.get("SANXIAN_OVERLAY_XML")

# (what it is, site, zone, area, length, inside); all in metres
OWN = [
    ("two squares, one corner in the other", "POLYGON((0 0,100 0,100 100,0 100,0 0))", "POLYGON((50 50,150 50,150 150,50 150,50 50))", 2500, 0, True),
    ("the same square twice", "POLYGON((0 0,100 0,100 100,0 100,0 0))", "POLYGON((100 100,0 100,0 0,100 0,100 100))", 10000, 0, True),
    ("edges that touch along a part", "POLYGON((0 0,100 0,100 100,0 100,0 0))", "POLYGON((100 50,200 50,200 250,100 250,100 50))", 0, 0, False),
    ("corners that touch", "POLYGON((0 0,100 0,100 100,0 100,0 0))", "POLYGON((100 100,200 100,200 200,100 200,100 100))", 0, 0, False),
    ("a square in the hole of another", "POLYGON((40 40,60 40,60 60,40 60,40 40))", "POLYGON((0 0,100 0,100 100,0 100,0 0),(40 40,40 60,60 60,60 40,40 40))", 0, 0, False),
    ("a square over a hole", "POLYGON((30 30,70 30,70 70,30 70,30 30))", "POLYGON((0 0,100 0,100 100,0 100,0 0),(40 40,40 60,60 60,60 40,40 40))", 1200, 0, True),
    ("a hole that touches its shell", "POLYGON((0 0,50 0,50 100,0 100,0 0))", "POLYGON((0 0,100 0,100 100,0 100,0 0),(0 50,50 75,50 25,0 50))", 3750, 0, True),
    ("an island in a hole", "POLYGON((0 0,100 0,100 100,0 100,0 0))", "MULTIPOLYGON(((0 0,100 0,100 100,0 100,0 0),(20 20,20 80,80 80,80 20,20 20)),((40 40,60 40,60 60,40 60,40 40)))", 6800, 0, True),
    ("edges that nearly lie on one another", "POLYGON((0 0,1000 0,1000 10,0 10,0 0))", "POLYGON((0 10.0000001,1000 9.9999999,1000 20,0 20,0 10.0000001))", 0.000025, 0, True),
    ("a needle through a square", "POLYGON((-100 49.9999,200 50,-100 50.0001,-100 49.9999))", "POLYGON((0 0,100 0,100 100,0 100,0 0))", 0.01, 0, True),
    ("coordinates of seven digits", "POLYGON((38500000 3300000,38500100 3300000,38500100 3300100,38500000 3300100,38500000 3300000))", "POLYGON((38500050 3300050,38500150 3300050,38500150 3300150,38500050 3300150,38500050 3300050))", 2500, 0, True),
    ("a comb over a bar", "POLYGON((0 0,90 0,90 100,80 100,80 10,50 10,50 100,40 100,40 10,10 10,10 100,0 100,0 0))", "POLYGON((-10 50,100 50,100 60,-10 60,-10 50))", 300, 0, True),
    ("a line along an edge and on", "LINESTRING(0 0,100 0,100 50,150 50)", "POLYGON((0 0,100 0,100 100,0 100,0 0))", 0, 0, False),
    ("a line through two parts", "LINESTRING(-10 50,310 50)", "MULTIPOLYGON(((0 0,100 0,100 100,0 100,0 0)),((200 0,300 0,300 100,200 100,200 0)))", 0, 200, True),
    ("a line that crosses itself", "LINESTRING(0 0,100 100,100 0,0 100)", "POLYGON((0 0,50 0,50 100,0 100,0 0))", 0, 2 * 50 * 2**0.5, True),
    ("a point on a hole's edge", "POINT(40 50)", "POLYGON((0 0,100 0,100 100,0 100,0 0),(40 40,40 60,60 60,60 40,40 40))", 0, 0, False),
    ("a point within", "POINT(20 50)", "POLYGON((0 0,100 0,100 100,0 100,0 0),(40 40,40 60,60 60,60 40,40 40))", 0, 0, True),
    ("heights and measures", "POLYGON ZM((0 0 9 1,100 0 9 2,100 100 9 3,0 100 9 4,0 0 9 1))", "POLYGON Z((50 50 7,150 50 7,150 150 7,50 150 7,50 50 7))", 2500, 0, True),
]  # fmt: skip


def ask(site, zone):
    """Rows of (engine, inside, area, length) by every kernel; nothing where the two are apart."""
    found = []
    for item in overlaps(site, [zone]):
        found.append(("shapely", item.inside, item.area_m2, item.length_m))
    for engine in ENGINES:
        rows = Prepared([zone], None, engine=engine).overlaps_batch([site])
        found += [(engine, bool(rows.inside[k]), float(rows.area_m2[k]), float(rows.length_m[k])) for k in range(len(rows))]
    return found


@pytest.mark.parametrize(("site", "zone", "area", "length", "inside"), [case[1:] for case in OWN], ids=[case[0] for case in OWN])
def test_own_cases(site, zone, area, length, inside):
    one, other = shapely.from_wkt(site), shapely.from_wkt(zone)
    found = ask(one, other)
    assert [row[0] for row in found] == ["shapely", *ENGINES]
    for engine, within, square, metres in found:
        assert within is inside, engine
        assert square == pytest.approx(area, rel=1e-6, abs=1e-6), engine
        assert metres == pytest.approx(length, rel=1e-6, abs=1e-6), engine
    if area:
        assert union_share(one, [other, other])[0] == pytest.approx(area, rel=1e-6, abs=1e-6)


def read_geometry(text):
    """WKT or hexadecimal WKB as the files have it; ``None`` for what this library does not read, such as curves."""
    text = " ".join((text or "").split())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return shapely.from_wkt(text) if not set(text) <= set("0123456789abcdefABCDEF") else shapely.from_wkb(text)
    except (shapely.errors.GEOSException, ValueError):
        return None


def read_cases(folder):
    for path in sorted(Path(folder).rglob("*.xml")):
        try:
            root = ElementTree.parse(path).getroot()
        except ElementTree.ParseError:
            continue
        model = root.find("precisionModel")
        fixed = model is not None and (model.get("type", "").upper() == "FIXED" or model.get("scale") is not None)
        for number, case in enumerate(root.iter("case"), 1):
            one, other = read_geometry(case.findtext("a")), read_geometry(case.findtext("b"))
            if one is None or other is None:
                continue
            answers = {}
            for op in case.iter("op"):
                plain = (op.get("arg1", "A").upper(), (op.get("arg2") or "B").upper()) == ("A", "B")
                if plain and op.get("arg3") in (None, "0"):
                    answers.setdefault(op.get("name", "").lower(), (op.text or "").strip())
            yield f"{path.name}:{number}", one, other, answers, fixed


def check_case(one, other, answers, fixed):
    """Ask the kernels and compare with what the file says; how many answers were compared."""
    odd = [shape for shape in (one, other) if shape.is_empty or not shape.is_valid or not np.isfinite(shapely.get_coordinates(shape)).all()]
    if odd:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of coordinates that are no numbers
            try:
                rows = overlaps(one, [other])
            except GeometryError:
                return 1  # refused by name
        assert other.is_empty or not shapely.intersects(shapely.envelope(one), shapely.envelope(other)), rows
        return 1
    found = ask(one, other)
    compared = 0
    if "intersects" in answers and "touches" in answers:
        meets, touches = answers["intersects"].lower() == "true", answers["touches"].lower() == "true"
        assert len(found) == (1 + len(ENGINES) if meets else 0)
        assert all(within == (not touches) for _, within, _, _ in found)
        compared += 1
    shared = read_geometry(answers["intersection"]) if answers.get("intersection") else None
    if shared is not None and not fixed and shapely.get_type_id(one) < 7 and shapely.get_type_id(other) < 7:
        area = shared.area
        slack = 1e-6 * max(area, 1e-3 * min(one.area, other.area)) + 1e-9
        for engine, _, square, _ in found:
            assert square == pytest.approx(area, rel=1e-6, abs=max(slack, 1e-12 * max(one.area, other.area))), engine
        assert found or not area
        compared += 1
    areas = [square for _, _, square, _ in found]
    if areas:  # and the kernels among themselves, for what the files do not say
        assert max(areas) - min(areas) <= 1e-6 * max(areas) + 1e-9 * max(one.area, other.area)
        compared += 1
    return compared


@pytest.mark.skipif(not FOLDER, reason="SANXIAN_OVERLAY_XML names no folder with test files of GEOS or JTS")
def test_the_files_of_geos_and_jts():
    asked, failed = 0, []
    for name, *case in read_cases(FOLDER):
        try:
            asked += check_case(*case)
        except AssertionError as error:
            failed.append(f"{name}: {str(error).splitlines()[0]}")
    assert not failed, f"{len(failed)} of {asked + len(failed)}:\n" + "\n".join(failed)
    assert asked > 100


def test_a_file_is_read_as_it_is_written(tmp_path):
    (tmp_path / "a.xml").write_text(
        '<run><case><a>POLYGON((0 0,10 0,10 10,0 10,0 0))</a><b>POLYGON((5 5,15 5,15 15,5 15,5 5))</b><test>'
        '<op name="intersection" arg1="A" arg2="B">POLYGON((5 5,10 5,10 10,5 10,5 5))</op></test></case></run>',
        encoding="utf-8",
    )
    ((name, one, other, answers, fixed),) = read_cases(tmp_path)
    assert name == "a.xml:1"
    assert check_case(one, other, answers, fixed) == 2
    with pytest.raises(AssertionError):
        check_case(one, other, {"intersection": "POLYGON((5 5,10 5,10 9,5 9,5 5))"}, fixed)

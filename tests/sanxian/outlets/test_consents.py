"""A real register of consents (England): three places a record, person's names, codes with leading zeros, and known true links."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from pyproj import Transformer

from layers.tables import read_table
from sanxian.outlets import match, register
from sanxian.outlets.register import Position

FOLDER = next(
    (
        parent / "shared/data/messy/genuine/g19_outfalls"
        for parent in Path(__file__).resolve().parents
        if (parent / "shared/data/messy/genuine/g19_outfalls").is_dir()
    ),
    None,
)
pytestmark = pytest.mark.skipif(FOLDER is None, reason="the consents of England are development data and not part of the program")

FIELDS = {
    "code": "PERMIT_NUMBER", "name": "DISCHARGE_SITE_NAME", "responsible": "COMPANY_NAME", "receiving_water": "RECEIVING_WATER",
    "sewage": "EFF_TYPE_DESCRIPTION", "county": "DISTRICT_COUNCIL", "accepted_on": "REVOCATION_DATE",
}  # fmt: skip


@pytest.fixture(scope="module")
def lonlat():
    return Transformer.from_crs(27700, 4490, always_xy=True)


@pytest.fixture(scope="module")
def outlets():
    return register.from_rows(read_table(FOLDER / "consents_poole.csv").rows, fields=FIELDS, layer="consents")


@pytest.fixture(scope="module")
def places(lonlat):
    found = []
    with (FOLDER / "sampling_points.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            xy = re.search(r"POINT\(([\d.]+) ([\d.]+)\)", row["wkt"])
            if xy:
                found.append(match.Place(row["sp_notation"], row["pref_label"], *lonlat.transform(float(xy[1]), float(xy[2]))))
    return found


def test_every_row_is_read_and_nothing_guessed(outlets):
    assert len(outlets) == 1073
    assert sum(item.id.startswith("0") for item in outlets) > 100, "codes keep their leading zeros"
    dated = [item for item in outlets if item.extra.get("REVOCATION_DATE")]
    assert dated, "dates whose day and month are in doubt are kept as written"
    assert all(any(issue.field == "accepted_on" for issue in item.issues) for item in dated)
    assert all("accepted_on" not in item.values for item in dated)
    assert all(item.discharging is None for item in outlets)


def test_the_true_sampling_point_is_among_the_candidates(outlets, places, lonlat):
    by_permit = defaultdict(list)
    for item in outlets:
        by_permit[item.id].append(item)
    truth, listed, first, nearest = 0, 0, 0, 0
    known = {place.id for place in places}
    with (FOLDER / "outlet_truth.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["sampling_point"] not in known or not by_permit.get(row["permit"]):
                continue
            record = by_permit[row["permit"]][0]
            own = tuple(
                Position(*lonlat.transform(float(row[f"{what}_x"]), float(row[f"{what}_y"])), what)
                for what in ("site", "outlet", "effluent") if row[f"{what}_x"]
            )  # fmt: skip
            outlet = register.Outlet(record.id, record.values, own)
            found = match.candidates(outlet, places, most=5)
            truth += 1
            listed += row["sampling_point"] in [item.place.id for item in found]
            first += bool(found) and found[0].place.id == row["sampling_point"]
            by_distance = min(found, key=lambda item: item.distance_m, default=None)
            nearest += bool(by_distance) and by_distance.place.id == row["sampling_point"]
            assert all(item.distance_m >= 0 and item.measured_from in ("site", "outlet", "effluent") for item in found)
    assert truth > 80
    assert listed / truth > 0.95, (listed, truth)
    assert first < truth, "the first candidate is a suggestion, not an answer"
    assert first >= nearest


def test_the_table_goes_through_the_whole_program(tmp_path, capsys):
    from sanxian.cli import main

    workspace = tmp_path / "w.gpkg"
    fields = [word for ours, theirs in FIELDS.items() if ours not in ("sewage", "accepted_on") for word in ("--field", f"{ours}={theirs}")]
    assert main(["new", str(workspace)]) == 0
    assert main(["add", str(workspace), str(FOLDER / "consents_poole.csv"), "--role", "discharge_outlet", "--crs", "EPSG:27700",
                 "--coverage", "hull", *fields]) == 0  # fmt: skip
    capsys.readouterr()
    assert main(["outlets", str(workspace), "audit", "--on", "2024-01-01"]) == 1
    kinds = [item["finding"] for item in json.loads(capsys.readouterr().out)]
    assert kinds.count("code-pattern") == 1073, "a permit's number is no code of HJ 1235, and is not made one"
    assert "duplicate-place" in kinds
    assert "not-checked" in kinds, "no banks were loaded"

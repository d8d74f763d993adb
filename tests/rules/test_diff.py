"""What a change in a pack is called: tightened, loosened, re-dated, and so on."""

from __future__ import annotations

import pytest

from rules.diff import diff
from rules.load import load_files
from rules.ruleset import RuleSet

BASE = """
id = "bank"
dimension = "spatial_layout"
force = "statute"
[title]
zh = "岸线"
en = "bank"
[[version]]
in_force_from = 2021-01-01
outcome = "restricted"
verified_on = 2026-11-01
confidence = "high"
spatial = { relation = "within_distance", layer = "river_bank", distance_m = 1000, where = { rank = ["main", "tributary"] } }
project = { all = [ { attribute = "nature", in = ["new", "expansion"] }, { attribute = "boiler_t_h", at_most = 35 } ] }
[[version.exception]]
id = "way-out"
title = { zh = "例外", en = "way out" }
when = { attribute = "is_public_welfare", is = true }
outcome = "conditional"
documents = [ { zh = "批文", en = "approval" } ]
[[version.basis]]
document = "law"
article = "一"
"""


def rules(*texts):
    pack = load_files("p", {f"r{n}.toml": text.encode() for n, text in enumerate(texts)})
    return RuleSet(pack.rules, pack.access_lists, pack.documents, pack.sha256)


CASES = [
    ('"restricted"', '"prohibited"', "tightened", "outcome"),
    ('"restricted"', '"advisory"\n', "loosened", "outcome"),
    ("distance_m = 1000", "distance_m = 3000", "tightened", "spatial"),
    ("distance_m = 1000", "distance_m = 500", "loosened", "spatial"),
    ('["main", "tributary"]', '["main"]', "loosened", "spatial"),
    ('["new", "expansion"]', '["new"]', "loosened", "project"),
    ('["new", "expansion"]', '["new", "expansion", "rebuild"]', "tightened", "project"),
    ("at_most = 35", "at_most = 65", "tightened", "project"),
    (', { attribute = "boiler_t_h", at_most = 35 }', "", "tightened", "project"),
    ('["new", "expansion"]', '["rebuild"]', "changed", "project"),
    ("is_public_welfare", "is_water_supply", "changed", "exception"),
    ('zh = "岸线"', 'zh = "岸线一公里"', "reworded", "title"),
    ("2021-01-01", "2022-01-01", "re-dated", "period"),
    ('article = "一"', 'article = "二"', "re-based", "basis"),
    ("2026-11-01", "2026-11-20", "re-dated", "verified_on"),
]


@pytest.mark.parametrize(("old", "new", "kind", "what"), CASES)
def test_kind_of_change(old, new, kind, what):
    assert old in BASE
    changed = BASE.replace(old, new)
    if "advisory" in new:
        changed = changed.replace('"conditional"', '"permitted"')
    found = [(change.kind, change.what) for change in diff(rules(BASE), rules(changed))]
    assert (kind, what) in found
    if "advisory" not in new:
        assert len(found) == 1


def test_nothing_changed_added_and_removed():
    other = BASE.replace('id = "bank"', 'id = "bank-2"')
    assert diff(rules(BASE), rules(BASE)) == []
    assert [(c.kind, c.subject) for c in diff(rules(BASE), rules(other))] == [("removed", "bank"), ("added", "bank-2")]


def test_an_exception_taken_away_tightens():
    start = BASE.index("[[version.exception]]")
    without = BASE[:start] + BASE[BASE.index("[[version.basis]]"):]
    [change] = diff(rules(BASE), rules(without))
    assert (change.kind, change.what) == ("tightened", "exception")
    [change] = diff(rules(without), rules(BASE))
    assert (change.kind, change.what) == ("loosened", "exception")

"""Faults put into a good pack on purpose: the linter finds each, and finds nothing in the good pack."""

from __future__ import annotations

from datetime import date

import pytest

from rules.check import Vocabulary, check_files, witness
from rules.conditions import parse_condition

DAY = date(2026, 11, 22)
WORDS = Vocabulary(
    {"wetland": {"grade": ("national", "general"), "name": ()}, "river_bank": {"rank": ("main",)}},
    frozenset({"2614", "2221", "4412"}),
)
DOCUMENTS = """
[law]
title = { zh = "法", en = "law" }
in_force_from = 2021-01-01
[plan]
title = { zh = "规划", en = "plan" }
in_force_from = 2022-01-01
in_force_until = 2025-12-31
[old]
title = { zh = "旧法", en = "old" }
in_force_from = 2000-01-01
in_force_until = 2026-08-14
repealed_by = "law"
"""
RULE = """
id = "wet"
dimension = "spatial_layout"
force = "statute"
[title]
zh = "湿地"
en = "wetland"
[[version]]
in_force_from = 2021-01-01
outcome = "prohibited"
verified_on = 2026-11-01
confidence = "high"
spatial = { relation = "intersects", layer = "wetland", where = { grade = "national" } }
project = { all = [ { attribute = "nature", in = ["new"] }, { attribute = "industry_code", prefix = ["C26"] }, { attribute = "boiler_t_h", at_most = 35, unit = "t/h" } ] }
[[version.exception]]
id = "key"
title = { zh = "重大", en = "major" }
when = { attribute = "national_major_project", is = true }
outcome = "conditional"
documents = [ { zh = "批文", en = "paper" } ]
[[version.basis]]
document = "law"
article = "一"
"""
OTHER = RULE.replace('id = "wet"', 'id = "other"', 1)
LIST = """
key = "list"
title = { zh = "清单", en = "list" }
document = "law"
in_force_from = 2021-06-01
[[unit]]
code = "ZH36040420001"
category = "key"
[[clause]]
id = "c1"
tier = "unit"
unit = "ZH36040420001"
dimension = "spatial_layout"
text = "禁止新建造纸"
status = "confirmed"
outcome = "prohibited"
project = { all = [ { attribute = "nature", in = ["new"] }, { attribute = "industry_code", prefix = ["C222"] } ] }
"""
ALLOWED = """
[[clause]]
id = "c2"
tier = "unit"
unit = "ZH36040420001"
dimension = "spatial_layout"
text = "允许造纸"
status = "confirmed"
outcome = "permitted"
project = { attribute = "industry_code", prefix = ["C22"] }
"""


def check(**changed):
    files = {"documents.toml": DOCUMENTS, "wet.toml": RULE, "list.toml": LIST} | {
        f"{name}.toml": text for name, text in changed.items()
    }
    return check_files({name: text.encode() for name, text in files.items() if text}, on=DAY, vocabulary=WORDS)


def rule(old, new, base=RULE):
    assert old in base
    return base.replace(old, new, 1)


FAULTS = {
    "not-loadable": {"wet": rule("[[version.basis]]", "[[version.base]]")},
    "document-unknown": {"wet": rule('document = "law"', 'document = "laws"')},
    "document-not-in-force": {"wet": rule('document = "law"', 'document = "plan"')},
    "document-repealed": {"wet": rule('document = "law"', 'document = "old"')},
    "verification-stale": {"wet": rule("2026-11-01", "2025-11-01")},
    "verified-in-future": {"wet": rule("2026-11-01", "2026-12-01")},
    "low-confidence-prohibition": {"wet": rule('"high"', '"low"')},
    "plan-without-end": {"wet": rule('"statute"', '"plan"')},
    "attribute-unknown": {"wet": rule('"nature"', '"natur"')},
    "value-unknown": {"wet": rule('["new"]', '["brand-new"]')},
    "test-unfit": {"wet": rule('{ attribute = "boiler_t_h", at_most = 35, unit = "t/h" }', '{ attribute = "is_chemical", is = "yes" }')},
    "unit-unfit": {"wet": rule('"t/h"', '"MW"')},
    "industry-unknown": {"wet": rule('"C26"', '"C99"')},
    "layer-unknown": {"wet": rule('layer = "wetland"', 'layer = "wetlands"')},
    "field-unknown": {"wet": rule("grade =", "class =")},
    "field-value-unknown": {"wet": rule('"national" }', '"nation" }')},
    "dead-rule": {"wet": rule("at_most = 35", 'at_most = 35, unit = "t/h" }, { attribute = "boiler_t_h", at_least = 65')},
    "special-never-reached": {
        "wet": rule("[[version.basis]]", '[[version.branch]]\nid = "b"\ntitle = { zh = "乙", en = "b" }\n'
                    'when = { attribute = "national_major_project", is = true }\noutcome = "advisory"\n[[version.basis]]'),
    },
    "exception-without-default": {"wet": rule("is = true", 'in = [ "x" ] }, { always = true').replace(
        'when = { attribute = "national_major_project", in = [ "x" ] }, { always = true }', "when = { always = true }")},
    "exception-without-proof": {"wet": rule('documents = [ { zh = "批文", en = "paper" } ]\n', "")},
    "threshold-overlap": {"other": rule('"prohibited"', '"restricted"', OTHER).replace("at_most = 35", "at_least = 30")},
    "contradiction": {"list": LIST + ALLOWED},
    "unit-code-malformed": {"list": LIST.replace("ZH36040420001", "ZH3604042001")},
    "unit-class-mismatch": {"list": LIST.replace('"key"\n[[', '"priority"\n[[')},
    "unit-without-clause": {"list": LIST.replace("[[clause]]", '[[unit]]\ncode = "ZH36040430001"\n[[clause]]', 1)},
    "successor-unknown": {"documents": DOCUMENTS.replace('repealed_by = "law"', 'repealed_by = "nothing"')},
}  # fmt: skip


def test_a_clean_pack_gives_nothing():
    assert check() == []


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_seeded_fault_is_found(code):
    found = check(**FAULTS[code])
    assert code in {finding.code for finding in found}, found


@pytest.mark.parametrize("code", sorted(set(FAULTS) - {"not-loadable", "document-unknown", "document-not-in-force"}))
def test_a_fault_hides_no_other_and_brings_at_most_one_follower(code):
    assert len({finding.code for finding in check(**FAULTS[code])}) <= 2


def test_duplicate_ids_in_two_files_are_named():
    [finding] = [item for item in check(twin=RULE) if item.code == "not-loadable"]
    assert "wet" in str(finding.values)


def test_the_witness_of_a_contradiction_is_a_project_that_fits_both():
    [finding] = [item for item in check(list=LIST + ALLOWED) if item.code == "contradiction"]
    assert finding.values["project"] == {"nature": ["new"], "industry_code": ["C222"]}


def test_witness_of_nothing():
    never = parse_condition({"all": [{"attribute": "is_chemical", "is": True}, {"attribute": "is_chemical", "is": False}]}, "x")
    assert witness([never]) is None


def test_findings_have_words_in_both_languages():
    from sanxian import i18n
    from sanxian.rulebook import FINDINGS, finding_words

    for changed in FAULTS.values():
        for finding in check(**changed):
            assert finding.code in FINDINGS
            assert finding.subject in finding_words(finding)
    i18n.set_language("zh")

"""The engine on small rules made for the purpose: three values, exceptions, thresholds, dates, access lists."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.evaluate import evaluate
from rules.facts import FeatureFact, FilterFact, LayerFact, SiteFacts
from rules.industry import code_matches, is_chemical
from rules.load import load_files
from rules.model import Verdict, overall
from rules.ruleset import RuleSet

DAY = date(2026, 11, 22)

DOCUMENTS = """
[law]
title = { zh = "甲法", en = "Law A" }
number = "1"
issuer = "x"
in_force_from = 2021-01-01
[old-law]
title = { zh = "旧法", en = "Old law" }
in_force_from = 2000-01-01
in_force_until = 2026-08-14
repealed_by = "law"
[plan]
title = { zh = "规划", en = "Plan" }
in_force_from = 2022-01-01
in_force_until = 2025-12-31
"""

RULE = """
id = "bank"
dimension = "spatial_layout"
force = "statute"
[title]
zh = "岸线"
en = "bank"
[[version]]
in_force_from = 2021-01-01
outcome = "prohibited"
verified_on = 2026-11-01
confidence = "high"
spatial = { relation = "within_distance", layer = "river_bank", distance_m = 1000, where = { rank = ["main"] } }
project = { all = [ { attribute = "nature", in = ["new", "expansion"] }, { attribute = "is_chemical", is = true } ] }
[[version.exception]]
id = "way-out"
title = { zh = "例外", en = "way out" }
when = { attribute = "national_major_project", is = true }
outcome = "conditional"
documents = [ { zh = "批文", en = "approval" } ]
[[version.basis]]
document = "law"
article = "第一条"
"""


def ruleset(*rules, extra=None):
    files = {"documents.toml": DOCUMENTS.encode()}
    files |= {f"r{n}.toml": rule.encode() for n, rule in enumerate(rules)}
    files |= {name: text.encode() for name, text in (extra or {}).items()}
    return RuleSet.of([load_files("test", files)])


def bank(distance_m, *, accuracy_m=None, covered_to_m=5000.0, rank="main"):
    feature = FeatureFact("长江", 7, {"rank": rank, "baseline": "levee"}, distance_m=distance_m)
    return LayerFact((feature,), 3000.0, covered=True, covered_to_m=covered_to_m, accuracy_m=accuracy_m, count=1)


def site(**layers):
    return SiteFacts("Polygon", 1000.0, 0.0, "EPSG:4548", layers)


def judge(facts, attributes, rule=RULE, on=DAY, **more):
    [outcome] = evaluate(ruleset(rule), facts, attributes, on=on, **more)
    return outcome


CHEMICAL = {"nature": ("new",), "is_chemical": True, "national_major_project": False}


def test_prohibited_within_the_distance_with_margin_and_the_line_that_was_used():
    outcome = judge(site(river_bank=bank(812.4)), CHEMICAL)
    assert outcome.outcome is Verdict.PROHIBITED
    assert outcome.margin_m == pytest.approx(187.6)
    assert outcome.evidence[0].baseline == "levee"
    assert not outcome.borderline


@pytest.mark.parametrize(
    ("distance_m", "accuracy_m", "verdict", "borderline"),
    [
        (999.5, None, "prohibited", False),
        (1000.0, None, "prohibited", True),  # both ends count, and nothing could be nearer to flipping
        (1000.5, None, "permitted", False),
        (999.5, 5.0, "prohibited", True),  # stands, and says so
        (1000.5, 5.0, "undetermined", True),  # a borderline permission is none
        (1006.0, 5.0, "permitted", False),
    ],
)
def test_threshold_and_accuracy(distance_m, accuracy_m, verdict, borderline):
    outcome = judge(site(river_bank=bank(distance_m, accuracy_m=accuracy_m)), CHEMICAL)
    assert (outcome.outcome, outcome.borderline) == (verdict, borderline)
    if verdict == "undetermined":
        assert outcome.missing == ("survey:river_bank",)
        assert outcome.could_be is Verdict.PROHIBITED


def test_a_missing_layer_is_never_clear_but_a_project_that_is_not_concerned_needs_none():
    assert judge(site(), CHEMICAL).missing == ("layer:river_bank",)
    assert judge(site(), {**CHEMICAL, "is_chemical": False}).outcome is Verdict.NOT_APPLICABLE


def test_an_empty_layer_has_checked_nothing():
    empty = LayerFact((), 3000.0, covered=True, covered_to_m=9e9, count=0)
    assert judge(site(river_bank=empty), CHEMICAL).missing == ("layer:river_bank",)


@pytest.mark.parametrize("covered_to_m", [None, 999.0])
def test_outside_the_distance_counts_only_as_far_as_the_layer_goes(covered_to_m):
    outcome = judge(site(river_bank=bank(2500.0, covered_to_m=covered_to_m)), CHEMICAL)
    assert outcome.outcome is Verdict.UNDETERMINED
    assert outcome.missing == ("coverage:river_bank",)


def test_a_feature_that_does_not_say_what_it_is_names_the_field():
    outcome = judge(site(river_bank=bank(800.0, rank=None)), CHEMICAL)
    assert outcome.missing == ("field:river_bank.rank",)


def test_unknown_is_not_no():
    outcome = judge(site(river_bank=bank(800.0)), {"nature": ("new",), "national_major_project": False})
    assert outcome.outcome is Verdict.UNDETERMINED
    assert outcome.missing == ("attribute:industry_code",)


def test_chemical_is_derived_from_the_code_and_says_so():
    attributes = {"nature": ("new",), "industry_code": ("C2614",), "national_major_project": False}
    outcome = judge(site(river_bank=bank(800.0)), attributes)
    assert outcome.outcome is Verdict.PROHIBITED
    assert outcome.derived == ("is_chemical",)


def test_exception_true_unknown_and_false():
    facts = site(river_bank=bank(800.0))
    allowed = judge(facts, {**CHEMICAL, "national_major_project": True})
    assert allowed.outcome is Verdict.CONDITIONAL
    assert allowed.documents_needed[0]["zh"] == "批文"
    unknown = judge(facts, {"nature": ("new",), "is_chemical": True})
    assert unknown.outcome is Verdict.UNDETERMINED
    assert unknown.could_be is Verdict.PROHIBITED
    assert unknown.missing == ("attribute:national_major_project",)
    assert unknown.exceptions_checked == ("way-out",)


def test_dates_both_ends_count_and_a_rule_without_a_document_in_force_does_not_apply():
    rules = ruleset(RULE)
    assert evaluate(rules, site(), {}, on=date(2020, 12, 31)) == []
    assert len(evaluate(rules, site(), {}, on=date(2021, 1, 1))) == 1
    on_old = ruleset(RULE.replace('"law"', '"old-law"'))
    assert len(evaluate(on_old, site(), {}, on=date(2026, 8, 14))) == 1
    assert evaluate(on_old, site(), {}, on=date(2026, 8, 15)) == []


DISTRICT = RULE.replace('[title]', '[place]\nlevel = "district"\ncodes = ["360404"]\n[title]')


@pytest.mark.parametrize(
    ("code", "share", "verdict"),
    [("360404", 1.0, "prohibited"), ("360403", 1.0, "not_applicable"), ("360400", 1.0, "undetermined"),
     ("360403", 0.4, "undetermined"), (None, 1.0, "undetermined")],
)  # fmt: skip
def test_a_district_rule_applies_in_its_district(code, share, verdict):
    admin = LayerFact((FeatureFact("区", 1, {"code": code}, share=share, inside=True),), covered=True, count=1)
    outcome = judge(site(river_bank=bank(800.0), admin=admin), CHEMICAL, DISTRICT)
    assert outcome.outcome == verdict


def test_a_district_rule_without_admin_layer_is_open():
    assert "layer:admin" in judge(site(river_bank=bank(800.0)), CHEMICAL, DISTRICT).missing


OPEN_DISTANCE = RULE.replace("distance_m = 1000", 'distance_m = { parameter = "soil_m" }').replace(
    'outcome = "prohibited"', 'outcome = "advisory"'
).split("[[version.exception]]")[0] + '[[version.basis]]\ndocument = "law"\narticle = "一"\n'


def test_a_distance_that_the_law_leaves_open_is_the_users_to_set():
    facts = site(river_bank=bank(300.0))
    assert judge(facts, CHEMICAL, OPEN_DISTANCE).missing == ("parameter:soil_m",)
    assert judge(facts, CHEMICAL, OPEN_DISTANCE, parameters={"soil_m": 500.0}).outcome is Verdict.ADVISORY


PARK = """
id = "park"
dimension = "spatial_layout"
force = "list"
[title]
zh = "园区"
en = "park"
[[version]]
in_force_from = 2021-01-01
outcome = "prohibited"
verified_on = 2026-11-01
confidence = "high"
spatial = { relation = "outside", layer = "industrial_park", where = { chemical = true } }
[[version.basis]]
document = "law"
article = "一"
"""


@pytest.mark.parametrize(
    ("share", "possible", "covered", "verdict"),
    [(1.0, 1.0, None, "permitted"), (0.6, 0.6, True, "prohibited"), (0.6, 0.6, None, "undetermined"),
     (0.0, 1.0, True, "undetermined"), (0.0, 0.0, True, "prohibited")],
)  # fmt: skip
def test_outside_means_any_part_outside(share, possible, covered, verdict):
    feature = FeatureFact("园", 1, {"chemical": True if share else None}, share=possible, inside=possible > 0)
    fact = LayerFact(
        (feature,), covered=covered, count=1, filtered={'{"chemical": [true]}': FilterFact(share, possible, 40.0, 40.0)}
    )
    assert judge(site(industrial_park=fact), {}, PARK).outcome == verdict


INTERSECTS = PARK.replace(
    'relation = "outside", layer = "industrial_park", where = { chemical = true }',
    'relation = "intersects", layer = "ecological_redline"',
)


@pytest.mark.parametrize(
    ("inside", "distance_m", "depth_m", "accuracy_m", "verdict", "borderline"),
    [
        (True, 0.0, 40.0, 5.0, "prohibited", False),
        (True, 0.0, 0.2, 5.0, "prohibited", True),  # a sliver stands, as borderline
        (True, 0.0, 0.2, None, "prohibited", False),
        (False, 0.0, None, None, "undetermined", True),  # a touching edge
        (False, 3.0, None, 5.0, "undetermined", True),
        (False, 3.0, None, None, "permitted", False),
    ],
)
def test_overlap_touch_and_sliver(inside, distance_m, depth_m, accuracy_m, verdict, borderline):
    feature = FeatureFact("红线", 1, {}, 0.5 if inside else 0.0, 0.0, 0.0005, inside, distance_m, depth_m)
    fact = LayerFact((feature,), 200.0, covered=True, accuracy_m=accuracy_m, count=1)
    outcome = judge(site(ecological_redline=fact), {}, INTERSECTS)
    assert (outcome.outcome, outcome.borderline) == (verdict, borderline)
    if verdict == "permitted":
        assert outcome.margin_m == 3.0


# ---------------------------------------------------------------------------------------------------- outlets

OUTLET = PARK.replace(
    'relation = "outside", layer = "industrial_park", where = { chemical = true }',
    'relation = "outlet_inside", layer = "water_source"',
)


def test_outlet_of_unknown_place_is_open_unless_the_whole_site_lies_inside():
    away = FeatureFact("源", 1, {}, distance_m=300.0)
    around = FeatureFact("源", 1, {}, share=1.0, inside=True)
    fact = LayerFact((away,), 500.0, covered=True, count=1)
    assert judge(site(water_source=fact), {}, OUTLET).missing == ("attribute:outlet_lon", "attribute:outlet_lat")
    fact = LayerFact((around,), 500.0, covered=True, count=1, union_share=1.0)
    assert judge(site(water_source=fact), {}, OUTLET).outcome is Verdict.PROHIBITED
    point = SiteFacts("Point", 0.0, 0.0, "EPSG:4548", {"water_source": LayerFact((away,), 500.0, covered=True, count=1)})
    assert judge(point, {}, OUTLET).outcome is Verdict.UNDETERMINED  # a plant given by one point has its outlet elsewhere
    assert judge(point, {"site_is_outlet": True}, OUTLET).outcome is Verdict.PERMITTED


# ---------------------------------------------------------------------------------------------------- access lists

ACCESS_RULE = """
id = "access-list-clause"
dimension = "spatial_layout"
force = "statute"
[title]
zh = "准入清单"
en = "access list"
[[version]]
in_force_from = 2021-01-01
outcome = "prohibited"
verified_on = 2026-11-01
confidence = "high"
spatial = { relation = "intersects", layer = "control_unit" }
[[version.basis]]
document = "law"
article = "六十七"
"""
LIST = """
key = "list"
title = { zh = "清单", en = "list" }
document = "law"
in_force_from = 2021-06-01
[[unit]]
code = "ZH36040420001"
[[unit]]
code = "ZH36040430001"
[[clause]]
id = "c1"
tier = "unit"
unit = "ZH36040420001"
dimension = "pollutant_discharge"
text = "禁止新建化工"
status = "confirmed"
outcome = "prohibited"
project = { attribute = "is_chemical", is = true }
[[clause]]
id = "c2"
tier = "city"
dimension = "resource_efficiency"
text = "限制燃煤"
status = "confirmed"
outcome = "restricted"
project = { attribute = "fuels", any_of = ["coal"] }
place_codes = ["3604"]
"""
MANUAL = """
[[clause]]
id = "c3"
tier = "unit"
unit = "ZH36040430001"
dimension = "spatial_layout"
text = "按规划执行"
status = "{status}"
outcome = "restricted"
"""


def units(*shares, count=2, accuracy_m=None):
    features = tuple(
        FeatureFact(code, n, {"code": code}, 100.0 * share, 0.0, share, share > 0, 0.0 if share else 2.0, 50.0 if share else None)
        for n, (code, share) in enumerate(shares)
    )
    whole = sum(share for _, share in shares)
    return LayerFact(features, 200.0, 100.0 * whole, whole, True, accuracy_m=accuracy_m, count=count)


def access(facts, attributes, text=LIST):
    [outcome] = evaluate(ruleset(ACCESS_RULE, extra={"list.toml": text}), facts, attributes, on=DAY)
    return outcome


KEY, GENERAL = "ZH36040420001", "ZH36040430001"


def test_the_strictest_clause_of_all_units_wins_with_its_share_and_dimension():
    facts = site(control_unit=units((GENERAL, 0.9), (KEY, 0.1)))
    outcome = access(facts, {"is_chemical": True, "fuels": ("coal",)})
    assert outcome.outcome is Verdict.PROHIBITED
    assert outcome.dimension == "pollutant_discharge"
    assert [(item.clause.id, item.outcome, item.share) for item in outcome.clauses] == [
        ("c2", "restricted", pytest.approx(1.0)),
        ("c1", "prohibited", pytest.approx(0.1)),
    ]


def test_clear_of_all_clauses():
    outcome = access(site(control_unit=units((KEY, 1.0))), {"is_chemical": False, "fuels": ("none",)})
    assert outcome.outcome is Verdict.PERMITTED


def test_a_unit_without_a_list_and_a_site_beyond_the_units_are_open():
    other = access(site(control_unit=units(("ZH36040430009", 1.0))), {"is_chemical": False, "fuels": ("none",)})
    assert other.missing == ("access_list:ZH36040430009",)
    beyond = access(site(control_unit=units((KEY, 0.7))), {"is_chemical": False, "fuels": ("none",)})
    assert beyond.missing == ("coverage:control_unit",)


@pytest.mark.parametrize(("status", "could_be"), [("manual", "restricted"), ("machine_read", "restricted")])
def test_a_clause_that_nobody_confirmed_is_open(status, could_be):
    facts = site(control_unit=units((GENERAL, 1.0)))
    outcome = access(facts, {"is_chemical": False, "fuels": ("none",)}, LIST + MANUAL.format(status=status))
    assert (outcome.outcome, outcome.could_be, outcome.missing) == ("undetermined", could_be, ("clause:c3",))


def test_a_stricter_list_next_door_within_the_accuracy_is_borderline():
    facts = site(control_unit=units((GENERAL, 1.0), (KEY, 0.0), accuracy_m=5.0))
    outcome = access(facts, {"is_chemical": True, "fuels": ("none",)})
    assert (outcome.outcome, outcome.borderline, outcome.missing) == ("undetermined", True, ("survey:control_unit",))


# ---------------------------------------------------------------------------------------------------- laws

FACTS = {
    "river_bank": st.one_of(st.none(), st.floats(0, 3000).map(bank)),
    "ecological_redline": st.one_of(
        st.none(),
        st.tuples(st.booleans(), st.sampled_from([True, False, None])).map(
            lambda pair: LayerFact(
                (FeatureFact("红", 1, {}, inside=pair[0], share=0.5 if pair[0] else 0.0, distance_m=0.0 if pair[0] else 40.0),),
                200.0, covered=pair[1], count=1,
            )
        ),
    ),
}  # fmt: skip
ATTRIBUTES = {
    "nature": st.sampled_from([None, ("new",), ("rebuild",)]),
    "is_chemical": st.sampled_from([None, True, False]),
    "national_major_project": st.sampled_from([None, True, False]),
}


def _only_known(table):
    return {name: value for name, value in table.items() if value is not None}


@given(st.fixed_dictionaries(FACTS), st.fixed_dictionaries(ATTRIBUTES), st.data())
def test_removing_a_fact_opens_what_hung_on_it_and_settles_nothing_anew(layers, attributes, data):
    layers, attributes = _only_known(layers), _only_known(attributes)
    rules = ruleset(RULE, INTERSECTS.replace('id = "park"', 'id = "redline"'))
    before = evaluate(rules, site(**layers), attributes, on=DAY)
    names = [*layers, *attributes]
    if not names:
        return
    gone = data.draw(st.sampled_from(names))
    after = evaluate(
        rules,
        site(**{name: fact for name, fact in layers.items() if name != gone}),
        {name: value for name, value in attributes.items() if name != gone},
        on=DAY,
    )
    harmless = {Verdict.PERMITTED, Verdict.NOT_APPLICABLE}  # a site known to be clear stays clear whatever the project is
    for was, now in zip(before, after, strict=True):
        if {was.outcome, now.outcome} <= harmless:
            continue
        assert now.outcome in (was.outcome, Verdict.UNDETERMINED)


@given(st.fixed_dictionaries(FACTS), st.fixed_dictionaries(ATTRIBUTES), st.data())
def test_adding_a_layer_never_makes_a_prohibition_milder(layers, attributes, data):
    layers, attributes = _only_known(layers), _only_known(attributes)
    rules = ruleset(RULE, INTERSECTS.replace('id = "park"', 'id = "redline"'))
    if not layers:
        return
    added = data.draw(st.sampled_from(sorted(layers)))
    before = overall(evaluate(rules, site(**{k: v for k, v in layers.items() if k != added}), attributes, on=DAY))
    after = overall(evaluate(rules, site(**layers), attributes, on=DAY))
    if before is Verdict.PROHIBITED:
        assert after is Verdict.PROHIBITED


@given(st.permutations([RULE, PARK, INTERSECTS.replace('id = "park"', 'id = "redline"')]), st.fixed_dictionaries(ATTRIBUTES))
def test_the_order_of_rules_changes_nothing(order, attributes):
    facts = site(river_bank=bank(500.0))
    known = _only_known(attributes)
    plain = evaluate(ruleset(RULE, PARK, INTERSECTS.replace('id = "park"', 'id = "redline"')), facts, known, on=DAY)
    assert evaluate(ruleset(*order), facts, known, on=DAY) == plain


def test_overall_order():
    def outcome(verdict, could_be=None):
        found = judge(site(), CHEMICAL)
        from dataclasses import replace

        return replace(found, outcome=Verdict(verdict), could_be=Verdict(could_be or verdict))

    order = [
        ("permitted", None), ("undetermined", "advisory"), ("advisory", None), ("undetermined", "conditional"),
        ("conditional", None), ("undetermined", "restricted"), ("restricted", None), ("undetermined", "prohibited"),
        ("prohibited", None),
    ]  # fmt: skip
    for lower, higher in zip(order, order[1:], strict=False):
        assert overall([outcome(*lower), outcome(*higher)]) == higher[0]
    assert overall([]) is Verdict.UNDETERMINED
    assert overall([outcome("not_applicable")]) is Verdict.UNDETERMINED


# ---- industries

@pytest.mark.parametrize(("code", "prefix", "falls"), [
    ("C2211", "C221", True), ("2211", "C221", True), ("C2211", "221", True), ("C221", "C221", True), ("C2231", "C221", False),
    ("C2211", "C", True), ("2211", "C", True), ("C", "C", True), ("H6210", "C", False), ("H", "C221", False), ("0313", "A03", True),
    ("C22", "C221", None), ("22", "C2211", None), ("C", "C221", None), ("C221", "C2211", None), ("C26", "C221", False),
    ("餐馆", "H62", None), ("机械厂", "C", None), ("22x1", "C221", None), ("9900", "C221", None), ("H2211", "C221", None), ("", "C221", None),
    ("2", "C221", None), ("22110", "C221", None),
])
def test_whether_a_code_falls_under_another_is_told_only_where_it_can_be(code, prefix, falls):
    assert code_matches(code, prefix) is falls


@given(st.sampled_from([f"{section}{number}" for section, number in (("C", "2211"), ("H", "6210"), ("A", "0313"), ("C", "2614"))]),
       st.integers(1, 4), st.sampled_from(["C", "C22", "C221", "C2211", "H62", "A03", "C261", "C2614"]))
def test_a_coarser_code_never_denies_what_a_finer_one_affirms(code, digits, prefix):
    coarse = code[:1] if digits == 1 else code[: digits + 1]
    fine, rough = code_matches(code, prefix), code_matches(coarse, prefix)
    assert rough is None or rough == fine


@pytest.mark.parametrize(("codes", "chemical"), [
    (("机械厂",), None), (("餐馆",), None), (("C2614", "餐馆"), True), (("C2211", "餐馆"), None), (("C2211",), False), (("C",), None)])
def test_what_is_no_code_leaves_open_whether_a_project_is_chemical(codes, chemical):
    assert is_chemical(codes) is chemical


@pytest.mark.parametrize(("codes", "verdict"), [
    (("C2211",), Verdict.PROHIBITED), (("C2231",), Verdict.NOT_APPLICABLE), (("C22",), Verdict.UNDETERMINED), (("造纸厂",), Verdict.UNDETERMINED),
    (("C2211", "造纸厂"), Verdict.PROHIBITED), (("C2231", "造纸厂"), Verdict.UNDETERMINED), (None, Verdict.UNDETERMINED)])
def test_a_ban_by_industry_stays_open_where_the_industry_is(codes, verdict):
    rule = RULE.replace('{ attribute = "is_chemical", is = true }', '{ attribute = "industry_code", prefix = ["C221"] }')
    said = {"nature": ("new",), "national_major_project": False} | ({} if codes is None else {"industry_code": codes})
    outcome = judge(site(river_bank=bank(500.0)), said, rule=rule)
    assert outcome.outcome is verdict
    assert ("attribute:industry_code" in outcome.missing) is (verdict is Verdict.UNDETERMINED)

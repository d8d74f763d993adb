"""Every rule against the situations written down for it, and the rules for writing them down."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from layers.codelist import industries
from layers.schema import ROLES as LAYER_ROLES
from rules.check import Vocabulary, check_pack
from rules.conditions import Attribute, Relation, leaves, parse_condition
from rules.evaluate import ACCESS_LIST_RULE, evaluate
from rules.facts import FeatureFact, LayerFact, SiteFacts
from rules.load import load_pack
from rules.model import AccessList, Clause, Dimension, Document, Rule, RuleVersion, Verdict
from rules.ruleset import RuleSet

ROOT = Path(__file__).parents[2]
PACKS = ROOT / "rules" / "packs"
CASES = Path(__file__).parent / "cases"


def words(text: str) -> list[str]:
    return text.split()


# What outsiders may count on; see the contract of the command line and the result.
STATUTE_RULES = words("""
access-list-clause redline-core-protected-area redline-any-development redline-limited-activity-land
redline-national-major-project redline-temporary-land redline-waste-facility protected-core-area
protected-general-area nature-park scenic-area-banned-activities scenic-core-buildings scenic-area-other-building
water-source-outlet water-source-grade-1 water-source-grade-2 water-source-grade-3 livestock-ban-areas
special-water-new-outlet special-water-nearby-outlet germplasm-reserve water-function-zone-below-target
outlet-approval yangtze-bank-1km-chemical yangtze-tailings-pond park-outside-heavy-pollution bank-zone-occupation
port-and-crossing-plan river-management-flood flood-detention wetland-national wetland-other wetland-fill
permanent-farmland permanent-farmland-soil-risk soil-risk-near-receptors contaminated-land-use
contaminated-land-building land-use-change-survey groundwater-key-zone fuel-ban-zone coal-boiler-built-up
coal-heating-network air-zone catering-in-housing noise-sensitive-new-plant noise-sensitive-expansion
noise-zone-notice two-high-outside-park heavy-metal-replacement urban-boundary-outside
""")
PLAN_RULES = words("""
xunyang-bank-1km-heavy-pollution chaisang-bank-1km-chemical chaisang-bank-5km-heavy-chemical-park
chaisang-chemical-outside-park nanchang-etdz-banned-industries
""")
ROLES = words("""
ecological_redline control_unit element_zone protected_area scenic_area water_source wetland germplasm_reserve
permanent_farmland farmland_class urban_boundary built_up_area industrial_park fuel_ban_zone machinery_ban_zone
heating_network noise_zone noise_sensitive contaminated_land groundwater_zone breeding_ban_zone water_function_zone
river_bank bank_zone river_management flood_detention water_body discharge_outlet pollution_source sewer
monitoring_section receptor admin project_site reference raster
""")
CHOICES: dict[str, tuple[str, ...] | None] = {  # None: no closed list of words
    "industry_code": None,
    "nature": ("new", "expansion", "rebuild", "upgrade", "relocation"),
    "fuels": (
        "coal", "petroleum_coke", "heavy_oil", "biomass_pellet", "biomass_raw", "natural_gas", "lpg", "electricity",
        "other", "none",
    ),
    "heavy_metals": ("none", "lead", "mercury", "cadmium", "chromium", "arsenic", "thallium", "antimony"),
    "wastewater": ("none", "indirect", "direct"),
    "new_outlet": ("none", "new", "moved", "enlarged"),
    "outlet_type": ("industrial", "urban_wwtp", "agricultural", "other"),
    "land_use_before": ("residential", "public", "industrial", "storage", "commercial", "agricultural", "other"),
    "land_use_after": ("residential", "public", "industrial", "storage", "commercial", "agricultural", "other"),
    "tailings_purpose": ("safety", "environment", "other"),
    "documents": None,
}  # fmt: skip
NUMBERS = ("boiler_t_h", "limited_activity")
YES_NO = words("""
is_chemical is_chemical_park is_heavy_chemical_park is_two_high emits_air emits_odour noise_emitting soil_risk
is_tailings_pond is_waste_facility is_livestock is_water_supply discharges_pollutants heavy_water_pollution
adds_construction_land temporary_land national_major_project is_public_welfare adds_capacity
""")
REPEALED_BY_THE_CODE = words("""
environmental-protection-law eia-law marine-environment-law air-law water-pollution-law soil-law solid-waste-law
noise-law radioactive-pollution-law cleaner-production-law
""")
CODE_DAY = date(2026, 8, 15)
DAY = timedelta(days=1)


@cache
def ruleset() -> RuleSet:
    return RuleSet.of([load_pack(PACKS)])


@cache
def rule_ids() -> tuple[str, ...]:
    return tuple(rule.id for rule in ruleset().rules)


def rule(rule_id: str) -> Rule:
    return next(rule for rule in ruleset().rules if rule.id == rule_id)


@cache
def cases(rule_id: str) -> list[dict[str, Any]]:
    return tomllib.loads((CASES / f"{rule_id}.toml").read_text(encoding="utf-8"))["case"]


def versions_on(rule_id: str, case: dict[str, Any]) -> RuleVersion:
    version = rule(rule_id).on(case["on"])
    assert version is not None
    return version


def all_cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.toml")):
        for case in cases(path.stem):
            yield pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")


def site(case: dict[str, Any]) -> SiteFacts:
    layers = {
        role: LayerFact(**{**layer, "features": tuple(FeatureFact(**feature) for feature in layer["features"])})
        for role, layer in case.get("layers", {}).items()
    }
    kind = case.get("geometry_type", "Polygon")
    return SiteFacts(kind, 0.0 if kind == "Point" else 10_000.0, 0.0, "EPSG:4548", layers)


def with_list(case: dict[str, Any]) -> RuleSet:
    """The rules, and an access list of the clauses that the case brings along."""
    rules = ruleset()
    clauses = tuple(
        Clause(
            id=f"c{n}", tier="unit", unit=part["unit"], dimension=Dimension.SPATIAL_LAYOUT, text="", provenance="",
            status="confirmed", project=parse_condition(part["project"], ""), outcome=Verdict(part["outcome"]),
        )
        for n, part in enumerate(case.get("clause", []), 1)
    )  # fmt: skip
    if not clauses:
        return rules
    start = date(2020, 1, 1)
    published = Document("case-list", {"zh": "例", "en": "case"}, "", "", None, start)
    units = {clause.unit or "": {"name": "示例"} for clause in clauses}
    access_list = AccessList("case-list", published.title, "case-list", start, None, clauses, units)
    return RuleSet(rules.rules, (access_list,), {**rules.documents, "case-list": published}, "")


@pytest.mark.parametrize(("rule_id", "case"), list(all_cases()))
def test_case(rule_id: str, case: dict[str, Any]):
    known = {"name", "on", "attributes", "parameters", "geometry_type", "outcome", "basis", "missing", "special"}
    assert not set(case) - known - {"could_be", "clause", "layers"}
    outcomes = evaluate(
        with_list(case), site(case), case["attributes"], on=case["on"], parameters=case.get("parameters")
    )
    found = {outcome.rule: outcome for outcome in outcomes}
    if case["outcome"] == "absent":
        assert rule_id not in found
        return
    outcome = found[rule_id]
    assert outcome.outcome == Verdict(case["outcome"]), (outcome.reason, outcome.missing, outcome.values)
    if "basis" in case:
        assert [basis.document for basis in outcome.basis if basis.document != "case-list"] == case["basis"]
    if "missing" in case:
        assert list(outcome.missing) == case["missing"]
    if "could_be" in case:
        assert outcome.could_be == Verdict(case["could_be"])
    if "special" in case:
        assert outcome.values.get("special") == case["special"]
        if case["special"] in {part.id for part in versions_on(rule_id, case).exceptions}:
            assert outcome.documents_needed  # a way out says what proof it takes


# ---------------------------------------------------------------------------------------------------- the files


def test_a_case_file_for_every_rule_and_none_for_others():
    assert sorted(path.stem for path in CASES.glob("*.toml")) == sorted(rule_ids())


def test_file_names_are_rule_ids():
    for path in PACKS.rglob("*.toml"):
        if path.name not in ("documents.toml", "pack.toml"):
            assert tomllib.loads(path.read_text(encoding="utf-8")).get("id") == path.stem


@pytest.mark.parametrize("rule_id", STATUTE_RULES + PLAN_RULES)
def test_promised_rule_exists(rule_id: str):
    assert rule_id in rule_ids()


@pytest.mark.parametrize("rule_id", rule_ids())
def test_cases_are_complete(rule_id: str):
    """One for, one against, one undetermined; each side of each date; each exception and branch once."""
    given = cases(rule_id)
    versions = rule(rule_id).versions
    outcomes = {case["outcome"] for case in given}
    assert outcomes & {str(version.outcome) for version in versions}
    assert outcomes & {"permitted", "not_applicable"}
    assert "undetermined" in outcomes
    days = {case["on"] for case in given}
    for version in versions:
        wanted = {version.in_force_from - DAY, version.in_force_from}
        if version.in_force_until is not None:
            wanted |= {version.in_force_until, version.in_force_until + DAY}
        assert wanted <= days, sorted(wanted - days)
        for case in given:
            if case["on"] in (version.in_force_from, version.in_force_until):
                assert case["basis"] == [basis.document for basis in version.basis], case["name"]
    specials = {part.id for version in versions for part in (*version.exceptions, *version.branches)}
    assert specials <= {case.get("special") for case in given}
    assert len({case["name"] for case in given}) == len(given)


# ---------------------------------------------------------------------------------------------------- the law in them


def versions() -> list[Any]:
    return [
        pytest.param(found, version, id=f"{found.id}@{version.in_force_from}")
        for found in ruleset().rules
        for version in found.versions
    ]


def conditions(version: RuleVersion) -> Iterator[Any]:
    parts = (version.spatial, version.project, *(part.when for part in (*version.exceptions, *version.branches)))
    for condition in parts:
        yield from leaves(condition)


@pytest.mark.parametrize(("found", "version"), versions())
def test_documents_are_in_force_throughout(found: Rule, version: RuleVersion):
    for basis in version.basis:
        document = ruleset().documents[basis.document]
        assert basis.article
        assert document.in_force_from <= version.in_force_from, document.key
        if document.in_force_until is not None:
            assert version.in_force_until is not None, document.key
            assert version.in_force_until <= document.in_force_until, document.key


@pytest.mark.parametrize(("found", "version"), versions())
def test_words_are_those_of_the_contract(found: Rule, version: RuleVersion):
    for leaf in conditions(version):
        if isinstance(leaf, Relation):
            assert leaf.layer in ROLES
            assert leaf.layer == "river_bank" or not leaf.baseline
        elif isinstance(leaf, Attribute):
            if leaf.name in NUMBERS:
                assert leaf.test in ("at_most", "at_least", "less_than", "more_than")
            elif leaf.name in YES_NO:
                assert leaf.test == "is"
                assert isinstance(leaf.value, bool)
            else:
                choices = CHOICES[leaf.name]
                wanted = (leaf.value,) if isinstance(leaf.value, str) else leaf.value
                assert choices is None or set(wanted) <= set(choices)


@pytest.mark.parametrize(("found", "version"), versions())
def test_milder_where_the_wording_was_not_seen(found: Rule, version: RuleVersion):
    """An article that nobody read carries no high confidence on its own."""
    if all("未核" in basis.article for basis in version.basis):
        assert version.confidence != "high" or version.outcome is not Verdict.PROHIBITED
    if version.confidence == "low":
        assert version.outcome is not Verdict.PROHIBITED


def test_the_linter_finds_nothing():
    """Fields and values of layers, industry codes and attributes are all ones that the program knows."""
    roles = {name: {field.name: field.choices for field in role.fields} for name, role in LAYER_ROLES.items()}
    codes = frozenset(entry.digits for entry in industries().values() if entry.digits)
    vocabulary = Vocabulary(roles=roles, industries=codes)
    assert check_pack(load_pack(PACKS), on=date(2026, 11, 22), vocabulary=vocabulary) == []


def test_plans_end_with_the_plan():
    plans = [rule for rule in ruleset().rules if rule.force == "plan"]
    assert {rule.id for rule in plans} >= set(PLAN_RULES)
    for found in plans:
        assert found.place.codes
        assert [version.in_force_until for version in found.versions] == [date(2025, 12, 31)]
    for found in ruleset().rules:
        if found.force != "plan":
            assert found.versions[-1].in_force_until is None, found.id


def test_the_code_took_the_place_of_ten_laws():
    for key in REPEALED_BY_THE_CODE:
        document = ruleset().documents[key]
        assert document.in_force_until == CODE_DAY - DAY
        assert document.repealed_by == "ecological-environment-code"
    assert ruleset().documents["ecological-environment-code"].in_force_from == CODE_DAY


def test_no_gap_where_the_law_changed():
    """A rule that stood on the eve of the Code stands on its day."""
    for found in ruleset().rules:
        for earlier, later in zip(found.versions, found.versions[1:], strict=False):
            assert earlier.in_force_until is not None
            assert earlier.in_force_until + DAY == later.in_force_from, found.id


def test_the_access_list_rule_is_the_engine_s():
    assert ACCESS_LIST_RULE in rule_ids()


# ---------------------------------------------------------------------------------------------------- nothing known


@pytest.mark.parametrize("day", [date(2024, 5, 1), CODE_DAY - DAY, CODE_DAY, date(2026, 11, 22)], ids=str)
def test_nothing_known_is_never_clear(day: date):
    """With no layer and no attribute, every rule waits for something, and says for what."""
    for outcome in evaluate(ruleset(), SiteFacts("Polygon", 10_000.0, 400.0, "EPSG:4548", {}), {}, on=day):
        assert outcome.outcome is Verdict.UNDETERMINED, outcome.rule
        assert outcome.missing, outcome.rule
        assert outcome.could_be.severity > Verdict.PERMITTED.severity, outcome.rule


def test_layers_without_features_have_checked_nothing():
    empty = {role: LayerFact(covered=True, covered_to_m=1e5, searched_m=1e5) for role in ROLES}
    facts = SiteFacts("Polygon", 10_000.0, 400.0, "EPSG:4548", empty)
    for outcome in evaluate(ruleset(), facts, {}, on=date(2026, 11, 22)):
        assert outcome.outcome is Verdict.UNDETERMINED, outcome.rule


@pytest.mark.parametrize(("found", "version"), versions())
def test_ways_out_name_their_proof(found: Rule, version: RuleVersion):
    for part in version.exceptions:
        assert part.documents, part.id
    if version.outcome in (Verdict.CONDITIONAL, Verdict.RESTRICTED):
        assert version.documents

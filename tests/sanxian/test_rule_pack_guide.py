"""The how-to for rule packs: what it shows can be loaded, what it lists is all there is, and its template pack works."""

from __future__ import annotations

import ast
import csv
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from rules.conditions import _TESTS, RELATIONS, parse_condition
from rules.load import load_files, load_pack
from rules.model import Force, Verdict
from sanxian.cli import main

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "rule-packs.zh-CN.md").read_text(encoding="utf-8")
PACK = ROOT / "examples" / "rule-pack"
DAY = "2026-11-22"
BLOCKS = [(kind.strip(), body) for kind, body in re.findall(r"^```([^\n]*)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)]


def blocks(kind: str) -> list[str]:
    found = [body for name, body in BLOCKS if name == kind]
    assert found
    return found


def test_every_block_is_of_a_kind_that_is_tested():
    assert {kind for kind, _ in BLOCKS} == {"console", "toml documents", "toml rule", "toml condition", "toml list", ""}
    shown = [body.split()[:3] for kind, body in BLOCKS if not kind]  # with files of the reader's own; tested with the importer
    assert shown == [["sanxian", "rules", "import"], ["sanxian", "rules", "review"]]
    assert "--read" in "".join(body for kind, body in BLOCKS if not kind)


def test_documents_load():
    for body in blocks("toml documents"):
        assert load_files("guide", {"documents.toml": body.encode()}).documents


@pytest.mark.parametrize("body", blocks("toml rule") + blocks("toml list"))
def test_rules_and_lists_load_and_are_clean(body, tmp_path, capsys):
    (tmp_path / "file.toml").write_text(body, encoding="utf-8")
    assert main(["rules", "check", str(tmp_path), "--on", DAY]) == 0, capsys.readouterr().out


def test_conditions_load_and_mean_something(tmp_path, capsys):
    shown = {name: condition for body in blocks("toml condition") for name, condition in tomllib.loads(body).items()}
    text = "".join(blocks("toml condition"))
    rule = blocks("toml rule")[0]
    for name, condition in shown.items():
        parse_condition(condition, name)
        line = next(line for line in text.splitlines() if line.startswith(f"{name} = "))
        wanted = "spatial = " if "relation" in condition else "project = "
        kept = re.sub(r"^spatial = .*$", "", re.sub(r"^project = .*?^\] }$", "", rule, flags=re.M | re.S), flags=re.M)
        kept = kept.replace("documents = [", wanted + line.partition(" = ")[2] + "\ndocuments = [", 1)
        if "parameter" in line:  # a distance of the user's gives an advisory at most
            kept = re.sub(r'^outcome = "\w+"', 'outcome = "advisory"', kept, flags=re.M)
        (tmp_path / "file.toml").write_text(kept, encoding="utf-8")
        assert main(["rules", "check", str(tmp_path), "--on", DAY]) == 0, (name, capsys.readouterr().out)
    assert {condition["relation"] for condition in shown.values() if "relation" in condition} == set(RELATIONS)
    assert {test for condition in shown.values() for test in condition if test in _TESTS} == set(_TESTS)


READERS = ("take", "word", "words", "word_list", "texts", "tables", "condition")  # how the loader takes a key


def test_every_key_and_word_is_explained():
    words = {"all", "any", "not", "always", "relation", "attribute", "unit", "layer", "where", "distance_m", "share", "baseline", "parameter", "also_in"}
    words |= {*RELATIONS, *_TESTS, *(str(verdict) for verdict in Verdict if verdict is not Verdict.UNDETERMINED), *map(str, Force)}
    tree = ast.parse((ROOT / "rules" / "load.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
            words |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    words.discard("words")  # the loader's own name for one entry of a list
    missing = [word for word in sorted(words) if not re.search(rf"`(?:\[+)?{word}(?:\]+)?`|\b{word} = ", GUIDE)]
    assert missing == []


def test_the_commands_do_what_the_guide_says(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    for line in "".join(blocks("console")).splitlines():
        program, *arguments = shlex.split(line)
        assert program == "sanxian"
        assert main(arguments) == (1 if arguments[0] == "screen" else 0), (line, capsys.readouterr())
    result = json.loads((tmp_path / "结果.json").read_text(encoding="utf-8"))
    found = {
        project["id"]: {item["rule"]: item["outcome"] for item in project["outcomes"]} for project in result["projects"]
    }
    with (PACK / "data" / "projects.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found)
    for row in rows:
        rule, _, outcome = row["预期"].partition("=")
        assert found[row["编号"]][rule] == outcome, row


def test_the_template_shows_each_thing_once():
    pack = load_pack(PACK)
    (rule,) = pack.rules
    (access_list,) = pack.access_lists
    assert f"{rule.id}.toml" == rule.source
    assert len(rule.versions) == 2
    assert rule.versions[1].exceptions
    assert rule.versions[1].branches
    assert len(access_list.units) == 2
    assert {clause.status for clause in access_list.clauses} == {"confirmed", "machine_read", "manual"}
    for code in access_list.units:
        assert code[2:6] == "3699"  # no county has such a code


@pytest.mark.parametrize(("on", "outcome"), [("2019-12-31", None), ("2020-01-01", "permitted"), ("2025-12-31", "permitted"), ("2026-01-01", "restricted")])
def test_the_template_s_dates(on, outcome, tmp_path, capsys):
    """A1 lies 330 m from the shore by the older rule's 500 m too; A7 here lies at about 780 m."""
    from layers.read import read_layer
    from layers.workspace import Workspace

    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        for role in ("admin", "river_bank", "control_unit"):
            workspace.add(read_layer(PACK / "data" / f"{role}.geojson", role), coverage="all")
    (tmp_path / "p.csv").write_text("编号,经度,纬度,行业代码,建设性质,废水去向,国家重大项目\nA7,116,29.057,C2614,新建,间接排放,否\n", encoding="utf-8")
    main(["screen", str(tmp_path / "w.gpkg"), str(tmp_path / "p.csv"), "--rules", str(PACK), "--on", on])
    (project,) = json.loads(capsys.readouterr().out)["projects"]
    found = {item["rule"]: item["outcome"] for item in project["outcomes"]}
    assert found.get("example-lake-shore-chemical") == outcome


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_case_in_contributing_is_a_case():
    """It names attributes, layers and measures as the cases of the rules do, and comes to what it says."""
    from datetime import date

    from rules.evaluate import evaluate
    from rules.facts import FeatureFact, LayerFact, SiteFacts
    from sanxian.screen import rule_set

    body = re.search(r"```toml\n(.*?)```", CONTRIBUTING, re.DOTALL)
    assert body
    (case,) = tomllib.loads(re.sub(r"^   ", "", body[1], flags=re.MULTILINE))["case"]
    layers = {
        role: LayerFact(**{**layer, "features": tuple(FeatureFact(**feature) for feature in layer["features"])})
        for role, layer in case["layers"].items()
    }
    assert case["on"] == date(2026, 11, 22)
    outcomes = evaluate(rule_set(), SiteFacts("Polygon", 10_000.0, 0.0, "EPSG:4548", layers), case["attributes"], on=case["on"])
    (found,) = [item for item in outcomes if item.rule == "coal-boiler-built-up"]
    assert str(found.outcome) == case["outcome"]


def test_the_changelog_has_a_place_for_rules():
    from sanxian import __version__

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    assert "### Rules" in text
    assert __version__ in text


@pytest.mark.parametrize("page", ["CHANGELOG.md", "CONTRIBUTING.md", "docs/rule-packs.zh-CN.md", "docs/reference.md", "examples/rule-pack/README.md"])
def test_links_lead_somewhere(page):
    path = ROOT / page
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (path.parent / link).exists(), link

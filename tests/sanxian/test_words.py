"""Every word that a person can meet is in both languages, and none slips past the catalogues."""

from __future__ import annotations

import argparse
import ast
import re
import string
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import polib
import pytest

from sanxian import i18n
from sanxian.cli import ARGPARSE, _argparse_in_our_words, build_parser, main

ROOT = Path(__file__).parents[2]
PACKAGES = ("gui", "sanxian", "layers", "rules", "spatial")
LOCALES = ROOT / "sanxian" / "locales" / "en"
MARKS = ("_", "N_")


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


# ---------------------------------------------------------------------------------------------------- collecting


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the five packages."""
    files = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in files}


@cache
def sentence_errors() -> frozenset[str]:
    """Names of our exception classes whose first argument is a sentence to translate: those that keep ``template``."""
    bases: dict[str, set[str]] = {}
    keeps: set[str] = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases.setdefault(node.name, set()).update(base.id for base in node.bases if isinstance(base, ast.Name))
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Attribute) and inner.attr == "template" and isinstance(inner.ctx, ast.Store):
                        keeps.add(node.name)
    while True:
        more = {name for name, above in bases.items() if above & keeps} - keeps
        if not more:
            return frozenset(keeps)
        keeps |= more


def literals(node: ast.AST) -> Iterator[str]:
    """The texts that an argument can be: one, or those of ``a if x else b``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


@cache
def messages() -> dict[str, tuple[str, ...]]:
    """Every message, and the places where it stands."""
    found: dict[str, list[str]] = {}
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in MARKS or name in sentence_errors():
                for text in literals(node.args[0]):
                    found.setdefault(text, []).append(f"{file}:{node.lineno}")
        if file.startswith("gui/"):  # there every Chinese text is for the screen, whatever hands it on
            for text, line in shown(tree):
                if text not in NOT_WORDS:
                    found.setdefault(text, []).append(f"{file}:{line}")
    return {text: tuple(places) for text, places in found.items()}


# Chinese texts of the window that are not for translation.
NOT_WORDS = (
    "中文",  # the language's own name, the same in every language
    "红线", "是否",  # what names are told by
    "X 3,290,000.00 (北)  Y 39,500,000.00 (东)",  # the widest text, to leave room for
)  # fmt: skip


def shown(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Chinese texts of a module that are neither docstrings nor pieces of an f-string."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "re":
            skipped |= {id(part) for part in node.args}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped and is_chinese(node.value):
            yield node.value, node.lineno


@cache
def catalogues() -> dict[str, polib.POFile]:
    return {path.name: polib.pofile(path.read_text(encoding="utf-8")) for path in sorted(LOCALES.glob("*.po"))}


@cache
def english() -> dict[str, str]:
    return {entry.msgid: entry.msgstr for file in catalogues().values() for entry in file if entry.msgstr}


@cache
def schema_names() -> frozenset[str]:
    """Names of layers and fields; the schema has its own English, and other texts may say the same words."""
    from layers.schema import ROLES

    return frozenset(item.zh for role in ROLES.values() for item in (role, *role.fields))


def placeholders(text: str) -> list[str]:
    """What is filled in, with how it is printed."""
    fields = [f"{{{name}!{how}:{spec}}}" for _, name, spec, how in string.Formatter().parse(text) if name is not None]
    return sorted(fields + re.findall(r"%(?:\(\w+\))?[srdg]", text))


# ---------------------------------------------------------------------------------------------------- the catalogues


def test_every_message_is_in_english():
    lacking: dict[str, list[str]] = {}
    for text, places in messages().items():
        if is_chinese(text) and text not in english():
            lacking.setdefault(places[0].rsplit(":", 1)[0], []).append(f"{places[0]}: {text}")
    report = [f"{file}: {len(lines)} without English\n    " + "\n    ".join(lines) for file, lines in sorted(lacking.items())]
    assert not report, "\n" + "\n".join(report)


def test_no_message_is_put_together_before_it_is_translated():
    found = [
        f"{file}:{node.lineno}"
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
        and isinstance(node.func, ast.Name) and (node.func.id in MARKS or node.func.id in sentence_errors())
        and any(isinstance(part, ast.Constant) and isinstance(part.value, str) and is_chinese(part.value)
                for part in ast.walk(node.args[0]))
    ]  # fmt: skip
    assert not found


@pytest.mark.parametrize("name", sorted(path.name for path in LOCALES.glob("*.po")))
def test_a_catalogue_is_in_order(name):
    wrong: list[str] = []
    seen: set[str] = set()
    for entry in catalogues()[name]:
        if entry.msgid in seen:
            wrong.append(f"there twice: {entry.msgid}")
        seen.add(entry.msgid)
        if entry.obsolete or entry.fuzzy or not entry.msgstr:
            wrong.append(f"not finished: {entry.msgid}")
        if placeholders(entry.msgid) != placeholders(entry.msgstr):
            wrong.append(f"other placeholders: {entry.msgid} | {entry.msgstr}")
        if is_chinese("".join(re.split("|".join(ON_SCREEN_IN_CHINESE), entry.msgstr))):
            wrong.append(f"Chinese in English: {entry.msgstr}")
        if entry.msgid not in messages() and entry.msgid not in schema_names():
            wrong.append(f"nobody says this any more: {entry.msgid}")
    assert not wrong, "\n" + "\n".join(wrong)


# Words that a person must type or look for in Chinese, so that English must quote them as they are.
ON_SCREEN_IN_CHINESE = (
    "确认", "更正", "人工", "不限",  # what is written into a review workbook
    "空间布局约束", "污染物排放管控", "环境风险防控", "资源开发（利用）效率要求", "管控要求", "准入要求", "维度", "单元编码",  # headers
)  # fmt: skip


def test_one_message_has_one_translation():
    said: dict[str, dict[str, str]] = {}
    for name, file in catalogues().items():
        for entry in file:
            said.setdefault(entry.msgid, {})[name] = entry.msgstr
    differing = {text: by for text, by in said.items() if len(set(by.values())) > 1}
    assert not differing, "\n" + "\n".join(f"{text}: {by}" for text, by in sorted(differing.items()))


def test_words_inside_sentences_are_known():
    """An error may carry a word to fill in; ``messages.words`` translates those that it knows of."""
    from rules.load import _KINDS
    from sanxian.messages import WORD_PARAMS

    assert set(_KINDS.values()) <= WORD_PARAMS["kind"]
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in sentence_errors():
                for keyword in node.keywords:
                    value = keyword.value
                    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in MARKS:
                        for text in literals(value.args[0]):
                            assert text in WORD_PARAMS.get(str(keyword.arg), ()), f"{file}:{node.lineno}: {keyword.arg}={text}"


# ---------------------------------------------------------------------------------------------------- argparse


def sub_commands() -> list[tuple[str, ...]]:
    def below(parser: argparse.ArgumentParser, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield path
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, child in action.choices.items():
                    yield from below(child, (*path, name))

    return list(below(build_parser(), ()))


def test_the_commands_are_those_of_the_contract():
    names = {path[0] for path in sub_commands() if path}
    assert {"gui", "demo", "new", "add", "layers", "check", "screen", "override", "rules"} <= names
    assert ("rules", "diff") in sub_commands()


@pytest.mark.parametrize("path", sub_commands(), ids=" ".join)
def test_help_is_all_in_one_language(path, capsys):
    assert main(["--lang", "zh", *path, "--help"]) == 0
    chinese = capsys.readouterr().out
    assert main(["--lang", "en", *path, "--help"]) == 0
    foreign = capsys.readouterr().out
    for word in ("usage:", "options:", "positional arguments:", "show this help", "show program"):
        assert word not in chinese
    assert "用法：" in chinese
    assert not is_chinese(foreign)
    assert "usage: sanxian" in foreign


@pytest.mark.parametrize(
    "arguments",
    [["frob"], ["screen"], ["screen", "a"], ["screen", "a", "b", "c"], ["screen", "a", "b", "--on"], ["add", "a", "b"],
     ["add", "a", "b", "--role", "wetland", "--accuracy-m", "x"], ["override", "w", "--outcome", "maybe"],
     ["screen", "a", "b", "--on", "tomorrow"], ["rules"], ["rules", "list", "--json=3"], ["screen", "a", "b", "--o", "x"],
     ["screen", "a", "b", "--out"]],
    ids=" ".join,
)  # fmt: skip
def test_what_argparse_refuses_is_said_in_one_language(arguments, capsys):
    own_words = r"[-./{}\[\]'’a-zA-Z0-9 ,_|=]*"
    assert main(["--lang", "zh", *arguments]) == 2
    said = capsys.readouterr().err
    for word in ("error", "usage:", "required", "invalid", "expected", "unrecognized", "ambiguous", "ignored", "choose"):
        assert word not in said
    assert re.search(rf"命令写法有误：{own_words}[\u4e00-\u9fff]", said)
    assert main(["--lang", "en", *arguments]) == 2
    assert not is_chinese(capsys.readouterr().err)


def test_argparse_keeps_its_own_words_for_others():
    before = argparse._, argparse.ngettext
    with _argparse_in_our_words():
        assert argparse._("usage: ") == "用法："
    assert (argparse._, argparse.ngettext) == before


def test_english_for_argparse_is_what_argparse_says():
    for theirs, ours in ARGPARSE.items():
        assert english()[ours].rstrip("s") == theirs.rstrip("s")


# ---------------------------------------------------------------------------------------------------- a made-up language


class _Wrapped(dict[str, str]):
    def get(self, key: str, default: object = None) -> str:  # type: ignore[override]
        return f"⟦{key}⟧"


@pytest.fixture(params=["made up", "English"])
def made_up(request, monkeypatch):
    """A language in which every translated message stands in ⟦ ⟧, so that what was never translated stands outside.

    The same is asked of English as it is: there, what was put into a sentence without being translated shows too.
    """
    if request.param == "made up":
        monkeypatch.setattr(i18n, "_catalogue", lambda language: _Wrapped())
    monkeypatch.setenv("SANXIAN_LANG", "en")
    i18n.set_language("en")


def outside(text: str, data: Iterable[str] = ()) -> str:
    """Chinese words and signs of ``text`` that were not translated and are no data."""
    for word in sorted(data, key=len, reverse=True):
        text = text.replace(word, "")
    depth, kept = 0, []
    for letter in text:
        depth += (letter == "⟦") - (letter == "⟧")
        if not depth and letter != "⟧":
            kept.append(letter)
    signs = "\u3000-\u303f\uff00-\uffef" if "⟦" in text else ""  # in English, a list of values may come with 、
    found = [line for line in "".join(kept).splitlines() if re.search(f"[{signs}\u4e00-\u9fff]", line)]
    return "\n".join(found)


@cache
def articles() -> tuple[str, ...]:
    from sanxian.screen import rule_set

    return tuple({basis.article for rule in rule_set().rules for version in rule.versions for basis in version.basis} - {""})


def run(capsys, *arguments: object) -> str:
    main([str(word) for word in arguments])
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_the_test_sees_what_was_not_translated():
    assert outside("⟦规则⟧ plain ⟦外⟦内⟧外⟧ x") == ""
    assert outside("⟦规则⟧ 漏了") != ""
    assert outside("a：b ⟦⟧") != ""


def names_in(rule):
    """Chinese names of places that a rule's filters compare with the data, such as that of one park."""
    from rules.load import relations_of

    return {str(value) for relation in relations_of([rule]) for values in relation.where.values() for value in values}


def test_rules_commands_are_translated(made_up, capsys, tmp_path):
    from sanxian.screen import rule_set

    said = run(capsys, "rules", "list", "--on", "2026-11-22")
    assert outside(said, articles()) == ""
    for rule in rule_set().rules:
        assert outside(run(capsys, "rules", "show", rule.id), (*articles(), *names_in(rule))) == ""
    assert outside(run(capsys, "rules", "show", "none")) == ""
    assert outside(run(capsys, "rules", "check")) == ""
    assert outside(run(capsys, "rules", "check", tmp_path / "none")) == ""


BAD = """
id = "bad"
dimension = "spatial_layout"
force = "plan"
title = { zh = "坏", en = "Bad" }

[[version]]
in_force_from = 2024-01-01
outcome = "prohibited"
verified_on = 2020-01-01
confidence = "low"
spatial = { relation = "intersects", layer = "nowhere" }
project = { all = [
  { attribute = "nature", in = ["old"] },
  { attribute = "boiler_t_h", at_most = 1, unit = "kg" },
  { attribute = "colour", is = "red" },
  { attribute = "industry_code", prefix = ["C9999"] },
] }

[[version.exception]]
id = "way-out"
title = { zh = "例外", en = "Way out" }
when = { attribute = "is_chemical", is = true }
outcome = "conditional"

[[version.basis]]
document = "unknown-document"
article = ""
"""


@pytest.mark.parametrize(
    "slip",
    [("", ""), ("id = \"bad\"", "id = 3"), ("\"low\"", "\"sure\""), ("2024-01-01", "\"soon\""), ("at_most = 1", "at_most = \"1\""),
     ("outcome", "result"), ("\"nowhere\"", "3"), ("intersects", "near"), ("is = \"red\"", "ist = 1"), ("= [\"old\"]", "= \"old\""),
     ("[[version.basis]]", "[[version.base]]"), ("zh = \"坏\"", "de = \"x\""), ("[[version]]", "[version]")],
    ids=lambda slip: slip[1] or "as it is",
)  # fmt: skip
def test_what_is_wrong_with_a_pack_is_translated(slip, made_up, capsys, tmp_path):
    (tmp_path / "bad.toml").write_text(BAD.replace(*slip) if slip[0] else BAD, encoding="utf-8")
    said = run(capsys, "rules", "check", tmp_path)
    assert "bad" in said
    assert outside(said, ["坏", "例外"]) == ""


def test_differences_are_translated(made_up, capsys, tmp_path):
    from importlib import resources

    old = resources.files("rules") / "packs" / "national" / "coal-boiler-built-up.toml"
    for name, before, after in (
        ("old", "", ""), ("new", "at_most = 35", "at_most = 65"), ("word", "No new", "Not any"), ("date", "2023-11-30", "2024-11-30"),
        ("mild", '"prohibited"', '"restricted"'), ("id", 'id = "coal', 'id = "no-coal'), ("base", "条号未核", "art. 9"),
    ):  # fmt: skip
        (tmp_path / name).mkdir()
        text = old.read_text(encoding="utf-8")
        (tmp_path / name / "r.toml").write_text(text.replace(before, after) if before else text, encoding="utf-8")
        said = run(capsys, "rules", "diff", tmp_path / "old", tmp_path / name)
        assert said
        assert outside(said, ["不再新建35蒸吨/小时及以下", *articles()]) == ""


def test_workspace_commands_are_translated(made_up, workspace, capsys, tmp_path, write_boxes):
    from layers.schema import ROLES

    names = ["示例区", "示例红线甲", "示例红线乙"]
    headers = [alias for role in ROLES.values() for field in role.fields for alias in field.aliases]  # an error names those it looked for
    assert outside(run(capsys, "layers", workspace)) == ""
    assert outside(run(capsys, "check", workspace), [*names, "："]) == ""
    assert outside(run(capsys, "new", workspace)) == ""
    assert outside(run(capsys, "new", tmp_path / "n.gpkg")) == ""
    assert outside(run(capsys, "layers", tmp_path / "n.gpkg")) == ""
    bow = write_boxes(tmp_path / "odd.gpkg", [(0, 0, 9, 9), (0, 0, 9, 9)], id=["A", "B"], nature=["new", "odd"], class_=["1", "x"])
    for role in ("wetland", "water_source", "control_unit", "river_bank"):
        assert outside(run(capsys, "add", workspace, bow, "--role", role, "--name", role), [*headers, "（", "）"]) == ""
    assert outside(run(capsys, "check", bow, "--role", "wetland"), ["："]) == ""
    assert outside(run(capsys, "check", tmp_path / "none")) == ""
    assert outside(run(capsys, "add", workspace, bow, "--role", "wetland", "--field", "x")) == ""
    assert outside(run(capsys, "override", workspace, "--project", "A")) == ""
    assert outside(run(capsys, "override", workspace, "--project", "A", "--rule", "r", "--expires", "2027-01-01")) == ""


def test_a_screening_is_translated(made_up, workspace, capsys, tmp_path, write_boxes):
    sites = [(400, 400, 600, 600), (-6000, -6000, -5900, -5900), (4000, 4000, 4100, 4990)]
    more = {"industry_code": ["C2614", "C3985", "D4411"], "nature": ["new", "rebuild", "new"], "noise_emitting": ["yes"] * 3}
    good = write_boxes(tmp_path / "p.gpkg", sites, id=["P1", "P2", "P3"], name=["a", "b", "c"], **more)
    assert outside(run(capsys, "screen", workspace, good, "--out", tmp_path / "r.json")) == ""
    odd = write_boxes(tmp_path / "odd.gpkg", sites, id=["A", "B", "A"], nature=["new", "whatever", "new"])
    assert outside(run(capsys, "screen", workspace, odd)) == ""
    (tmp_path / "lost.csv").write_text("id,lon,lat\nA,116,29\nB,,\n", encoding="utf-8")
    assert outside(run(capsys, "screen", workspace, tmp_path / "lost.csv")) == ""
    for wrong in (("none.gpkg",), (good, "--out", "r.exe"), (good, "--out", "none/r.json"), (good, "--rules", "none"),
                  (good, "--parameter", "x"), (good, "--on", "soon")):  # fmt: skip
        assert outside(run(capsys, "screen", workspace, *wrong)) == ""


def test_every_reason_and_explanation_is_translated(made_up, workspace, tmp_path, write_boxes):
    from datetime import date

    from layers.workspace import Workspace
    from sanxian.messages import explanation_lines, missing_from, missing_words, reason_words
    from sanxian.request import load_projects
    from sanxian.screen import rule_set, screen

    sites = [(400, 400, 600, 600), (-6000, -6000, -5900, -5900), (4000, 4000, 4100, 4990)]
    more = {"industry_code": ["C2614", "C3985", "D4411"], "nature": ["new", "rebuild", "new"], "fuels": ["coal", "", "coal"]}
    file = write_boxes(tmp_path / "p.gpkg", sites, id=["P1", "P2", "P3"], **more)
    rules = rule_set()
    with Workspace.open(workspace, readonly=True) as opened:
        projects, digest = load_projects(file, opened)
        result = screen(opened, projects, rules, on=date(2026, 11, 22), projects_sha256=digest)
    names = data_words(rules) | {"示例区", "示例红线甲", "示例红线乙", "西", "东", "长江"}
    for project in result.projects:
        for outcome in project.outcomes:
            lines = [reason_words(outcome), *explanation_lines(outcome.trace)]
            lines += [word for item in outcome.missing for word in (missing_words(item), missing_from(item))]
            assert outside("\n".join(lines), names) == "", outcome.rule


def data_words(rules) -> set[str]:
    """Names by which rules know features and papers: they are as the files have them, in any language."""
    from rules.conditions import Attribute, leaves
    from rules.load import relations_of

    found = {value for item in relations_of(rules.rules) for wanted in item.where.values() for value in wanted if isinstance(value, str)}
    for rule in rules.rules:
        for version in rule.versions:
            for condition in (version.project, *(part.when for part in (*version.exceptions, *version.branches))):
                for leaf in leaves(condition):
                    if isinstance(leaf, Attribute) and leaf.name == "documents":
                        found |= set(leaf.value)
    return {value for value in found if is_chinese(value)}


def test_the_rule_book_in_another_language(made_up):
    from sanxian.rulebook import rule_book
    from sanxian.screen import rule_set

    rules = rule_set()
    numbers = {document.number for document in rules.documents.values()} - {""}
    assert outside(rule_book(rules), {*articles(), *data_words(rules), *numbers}) == ""


def test_english_counts_one_and_several(monkeypatch):
    from sanxian import i18n

    monkeypatch.setattr(i18n, "_language", "en")
    words = i18n._("研判完成：{count} 个项目，判定基准日 {day}")
    assert words.format(count=1, day="2026-01-01") == "Screened 1 project as of 2026-01-01"
    assert words.format(count=11, day="2026-01-01") == "Screened 11 projects as of 2026-01-01"
    assert i18n._("{shown} / {all} 个项目").format(shown=1, all=1) == "1 / 1 project"
    assert i18n._("{shown} / {all} 个项目").format(shown=1, all="1,000") == "1 / 1,000 projects"


def test_english_goes_by_the_number_before_the_word():
    words = i18n._Counting("{file}: {rows} row(s), {count} entr(y|ies) of {n:,} (lies|lie) there (as is)")
    values = {"file": "a.shp", "rows": 1, "count": "1,200", "n": 1}
    one = "a.shp: 1 row, 1,200 entries of 1 lies there (as is)"
    assert words.format(**values) == words.format_map(values) == one
    assert words.format(file="a", rows=0, count=1, n=2000) == "a: 0 rows, 1 entry of 2,000 lie there (as is)"
    assert i18n._Counting("in row(s) {rows}").format(rows="2, 4") == "in row(s) 2, 4"


def test_every_form_that_goes_by_a_number_has_one_before_it():
    for path in sorted(LOCALES.glob("*.po")):
        for entry in polib.pofile(str(path)):
            if not re.search(r"\([a-z ]*\|[a-z ]*\)", entry.msgstr):
                continue
            names = {name for _text, name, _spec, _how in string.Formatter().parse(entry.msgstr) if name}
            said = i18n._Counting(entry.msgstr)._for(dict.fromkeys(names, "7"))
            assert "(s)" not in said, entry.msgid
            assert not re.search(r"\([a-z ]*\|[a-z ]*\)", said), entry.msgid

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import polib
import pytest

from layers.check import _WORDS
from layers.schema import ROLES

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "layers").glob("*.py"))


def calls(name):
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name and node.args:
                yield path.name, node


def names(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_has_english_words_with_the_same_names():
    catalogues = sorted((ROOT / "sanxian/locales/en").glob("*.po"))  # a word that several say stands in one of them
    english = {entry.msgid: entry.msgstr for path in catalogues for entry in polib.pofile(str(path))}
    for file, node in calls("N_"):
        if isinstance(node.args[0], ast.Constant):
            text = node.args[0].value
            assert english.get(text), f"{file}: {text}"
            assert names(english[text]) == names(text), text
    for role in ROLES.values():  # names of layers and fields carry their English with them, not in the catalogue
        assert role.en, role.zh
        for field in role.fields:
            assert field.en, field.zh


@pytest.mark.parametrize(("name", "place"), [("Issue", 0), ("Finding", 0), ("Diagnosis", 0)])
def test_every_code_has_words(name, place):
    refusals = {
        "no-crs",
        "metres-in-degrees",
        "degrees-in-metres",
        "zone-mismatch",
        "zone-number-present",
        "zone-number-absent", "zones-mixed", "column-contradicts",
    }
    for file, node in calls(name):
        if isinstance(node.args[place], ast.Constant):
            code = node.args[place].value
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", code)
            assert code in _WORDS or code in refusals, f"{file}: {code}"


def test_roles_and_fields_are_said_once():
    for role in ROLES.values():
        fields = [field.name for field in role.fields]
        assert len(fields) == len(set(fields)), role.name
        for field in role.fields:
            assert field.kind in ("text", "code", "number", "bool", "choice", "date")
            assert bool(field.choices) == (field.kind == "choice" or (role.name, field.name) == ("receptor", "kind"))
            assert set(field.value_aliases.values()) <= set(field.choices)

"""Styles that say in words what the layer holds as codes."""

from __future__ import annotations

from dataclasses import replace

import geopandas
import pytest

from layers.schema import ROLES
from sanxian.i18n import set_language
from sanxian.mapping import make_style
from sanxian.mapping.coded import held_in, in_codes
from sanxian.mapping.exchange import read_style, write_style
from sanxian.mapping.filters import Condition, Filter
from sanxian.mapping.styles import STYLES, style_for
from sanxian.messages import field_choices, field_spellings, field_value_words


def of(role, field, *values):
    """A categorised style of these values; a tuple is one class of several."""
    classes, synonyms = [], {}
    for value in values:
        first, *more = value if isinstance(value, tuple) else (value,)
        classes.append(replace(make_style.rule(role, len(classes), geometry="point"), value=first, zh=first, en=first, where=None))
        synonyms |= dict.fromkeys(more, first)
    rest = replace(make_style.rule(role, 9, geometry="point"), value=None, zh="其余", en="其余", where=None)
    return replace(style_for(role), kind="categorised", field=field, classes=(*classes, rest), synonyms=synonyms)


def by(role, *conditions):
    classes = [replace(make_style.rule(role, number, geometry="polygon"), zh=one.value, en=one.value, where=Filter((one,))) for number, one in enumerate(conditions)]
    return replace(style_for(role), kind="rules", field="", classes=(*classes, replace(classes[0], zh="其余", en="其余", where=None)), synonyms={})


def table(**columns):
    return geopandas.GeoDataFrame(columns)


def values(style):
    return [style.values_of(one, style_for(style.role).synonyms) for one in style.classes[:-1]]


FILES = [(".qml", {}), (".sld", {}), (".sld", {"version": "1.0.0"})]


@pytest.mark.parametrize(("suffix", "more"), FILES)
@pytest.mark.parametrize(("role", "field", "words", "codes"), [
    ("discharge_outlet", "bank_side", ["右岸", "左岸"], ["right", "left"]),
    ("control_unit", "category", ["优先保护单元", "重点管控单元", "一般"], ["priority", "key", "general"]),
    ("control_unit", "category", ["Priority protection unit", "2"], ["priority", "key"]),
    ("water_source", "grade", ["一级保护区", "准保护区"], ["1", "3"]),
    ("discharge_outlet", "work_state", ["已销号", "整治中"], ["closed", "in_progress"]),
])
def test_classes_in_words_take_the_features_of_their_codes(tmp_path, role, field, words, codes, suffix, more):
    style = of(role, field, *words)
    write_style(style, tmp_path / f"a{suffix}", "point", columns=[], **more)
    frame = table(**{field: [*field_choices(role, field)]})
    found = read_style(tmp_path / f"a{suffix}", role, held=held_in([frame]))
    assert [one.value for one in found.style.classes[:-1]] == codes
    assert list(found.style.class_numbers(table(**{field: codes}))) == [*range(len(codes))], "none falls into the rest"
    assert list(found.style.class_numbers(table(**{field: ["?"]}))) == [len(codes)]
    said = next(one for one in found.notes if "代码" in one)
    assert f"{words[0]} → {codes[0]}" in said
    assert field in said
    out = tmp_path / f"out{suffix}"
    write_style(found.style, out, "point", columns=[], **more)
    again = read_style(out, role, held=held_in([frame]))
    assert again.style == found.style
    assert not any("代码" in one for one in again.notes), "what is written are codes"


@pytest.mark.parametrize(("suffix", "more"), FILES)
def test_rules_in_words_take_the_features_of_their_codes(tmp_path, suffix, more):
    style = by("control_unit", Condition("category", "is", "优先保护单元;一般"), Condition("category", "is-not", "优先保护"),
               Condition("name", "is", "优先保护"))
    write_style(style, tmp_path / f"a{suffix}", "polygon", columns=[], **more)
    found = read_style(tmp_path / f"a{suffix}", "control_unit")
    assert [one.where.conditions[0].value for one in found.style.classes[:-1]] == ["priority;general", "priority", "优先保护"]
    assert list(found.style.class_numbers(table(category=["general", "key"], name=["", ""]))) == [0, 1]
    assert sum("代码" in one for one in found.notes) == 1


def test_a_word_that_the_layer_holds_stays():
    style = of("discharge_outlet", "bank_side", "右岸", "左岸")
    raw = table(bank_side=["右岸", "左岸", None])
    assert in_codes(style, held_in([raw])) == (style, [])
    mixed = table(bank_side=["右岸", "right", "left"])
    found, notes = in_codes(style, held_in([mixed]))
    assert list(found.class_numbers(mixed)) == [0, 0, 1]
    assert [note.params["pairs"] for note in notes] == ["左岸 → left"]
    rules, _notes = in_codes(by("discharge_outlet", Condition("bank_side", "is", "右岸")), held_in([mixed]))
    assert list(rules.class_numbers(mixed)) == [0, 0, 1]


def test_what_the_file_says_itself_comes_first():
    style = of("control_unit", "category", "优先保护", "priority", "?")
    assert in_codes(style) == (style, []), "the code has a class of its own, and so stays with it"
    found, _notes = in_codes(of("control_unit", "category", ("优先保护", "优先保护单元", "重点管控"), "一般", "一般管控"))
    assert values(found) == [["priority", "key"], ["general"], ["一般管控"]]
    assert list(found.class_numbers(table(category=["priority", "key", "general"]))) == [0, 0, 1]


def test_words_of_other_fields_and_other_kinds_stay():
    for style in (of("control_unit", "name", "优先保护"), of("reference", "category", "优先保护"), STYLES["ecological_redline"],
                  of("receptor", "kind", "学校", "医院"), *STYLES.values()):
        assert in_codes(style) == (style, [])


def test_every_word_that_is_shown_for_a_code_is_understood():
    for role, one in ROLES.items():
        for field in one.fields:
            meant = field_spellings(role, field.name)
            for code in field_choices(role, field.name):
                for language in ("zh", "en"):
                    set_language(language)
                    word = field_value_words(role, field.name, code)
                    if word != code:
                        assert in_codes(of(role, field.name, word))[0].classes[0].value == code, (role, field.name, word)
            assert set(meant.values()) <= set(field_choices(role, field.name))

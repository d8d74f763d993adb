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


@pytest.mark.parametrize(("suffix", "more"), FILES)
@pytest.mark.parametrize(("operator", "word", "codes"), [
    ("contains", "优先", ["priority"]), ("starts", "重点管控", ["key"]), ("contains", "管控单元", None),
])
def test_parts_of_words_ask_for_the_codes_whose_words_have_them(tmp_path, suffix, more, operator, word, codes):
    """LIKE '%优先%' on the agency's file: the layer holds ``priority``, and nothing was drawn by that rule, without a word."""
    write_style(by("control_unit", Condition("category", operator, word)), tmp_path / f"a{suffix}", "polygon", columns=[], **more)
    frame = table(category=["priority", "key", "general"])
    found = read_style(tmp_path / f"a{suffix}", "control_unit", held=held_in([frame]))
    (where,) = found.style.classes[0].where.conditions
    assert where.operator == "is"
    assert codes is None or where.value.split(";") == codes
    assert frame.category[where.hits(frame)].tolist() == where.value.split(";") or codes is None
    assert any(f"{word} → " in one for one in found.notes)


def test_parts_that_are_of_no_code_or_of_what_stands_there():
    style = by("control_unit", Condition("category", "contains", "红线"))
    found, notes = in_codes(style, held_in([table(category=["priority"])]))
    assert found == style
    assert [note.params["words"] for note in notes] == ["包含 红线"]
    for one in (Condition("category", "starts", "prior"), Condition("name", "contains", "优先")):
        style = by("control_unit", one)
        assert in_codes(style, held_in([table(category=["priority"], name=["优先"])])) == (style, [])
    style = by("control_unit", Condition("category", "contains", "优先"))
    assert in_codes(style, held_in([table(category=["优先保护单元"])])) == (style, []), "the layer holds the words"
    found, notes = in_codes(style, held_in([table(category=["优先保护单元", "priority"])]))
    assert found == style
    assert notes, "one of the two only is asked for"


@pytest.mark.parametrize(("suffix", "more"), FILES)
@pytest.mark.parametrize(("role", "field", "words"), [
    ("industrial_park", "chemical", ["化工园区", "非化工园区"]), ("scenic_area", "core", ["核心景区", "核心景区以外"]),
    ("water_function_zone", "meets_target", ["达标", "Below its target"]), ("industrial_park", "approved", ["是", "否"]),
])
def test_yes_and_no_in_words_take_their_features(tmp_path, role, field, words, suffix, more):
    write_style(of(role, field, *words), tmp_path / f"a{suffix}", "polygon", columns=[], **more)
    frame = table(**{field: [True, False]})
    found = read_style(tmp_path / f"a{suffix}", role, held=held_in([frame]))
    assert list(found.style.class_numbers(frame)) == [0, 1]
    assert any(words[0] in one for one in found.notes) is (words[0] != "是")
    out = tmp_path / f"out{suffix}"
    write_style(found.style, out, "polygon", columns=[field], yes_no=[field], **more)
    assert list(read_style(out, role, held=held_in([frame])).style.class_numbers(frame)) == [0, 1]


def test_yes_and_no_in_rules_and_in_words_that_nobody_knows():
    frame = table(chemical=[True, False, None])
    style = by("industrial_park", Condition("chemical", "is", "化工园区"), Condition("chemical", "starts", "非化工"))
    found, notes = in_codes(style, held_in([frame]))
    assert list(found.class_numbers(frame)) == [0, 1, 2]
    assert len(notes) == 1
    assert "非化工 → false" in notes[0].params["pairs"]
    found, notes = in_codes(of("industrial_park", "chemical", "石化园区"), held_in([frame]))
    assert found.classes[0].value == "石化园区"
    assert [note.params["words"] for note in notes] == ["石化园区"]
    _found, notes = in_codes(of("control_unit", "category", "生态空间单元"), held_in([table(category=["priority"])]))
    assert [note.params["words"] for note in notes] == ["生态空间单元"]

"""Every field of every role, and every code that it can hold, has a Chinese and an English name, in one place."""

from __future__ import annotations

import re

import numpy as np
import pytest

from layers.schema import COMMON_TITLES, ROLES
from sanxian import messages
from sanxian.demo import draw
from sanxian.i18n import in_every_language, set_language
from sanxian.mapping.styles import STYLES
from sanxian.outlets import schema as outlets

CHINESE = re.compile("[一-鿿Ⅰ-Ⅲ]")
SAME = {"pH", "COD", "BOD"}  # the same in any language


@pytest.fixture(autouse=True)
def _language():
    set_language("zh")
    yield
    set_language("zh")


def in_both(say):
    set_language("zh")
    zh = say()
    set_language("en")
    return zh, say()


def titles():
    yield from ((role.name, field.name) for role in ROLES.values() for field in role.fields)
    yield from (("discharge_outlet", name) for name in outlets.fields())
    yield from (("reference", name) for name in COMMON_TITLES)
    yield ("discharge_outlet", "work_state")
    yield ("project_site", "is_chemical")


@pytest.mark.parametrize(("role", "field"), sorted(set(titles())))
def test_a_field_has_a_title_in_both(role, field):
    zh, en = in_both(lambda: messages.field_words(role, field))
    assert CHINESE.search(zh) or zh in SAME
    assert not CHINESE.search(en)
    assert "_" not in en
    assert zh != en or zh in SAME


@pytest.mark.parametrize(("role", "field", "choice"), [
    (role.name, field.name, choice) for role in ROLES.values() for field in role.fields if field.kind == "choice" for choice in field.choices])
def test_a_code_has_a_word_in_both(role, field, choice):
    zh, en = in_both(lambda: messages.field_value_words(role, field, choice))
    assert CHINESE.search(zh)
    assert "（" not in zh
    assert not CHINESE.search(en)
    assert "_" not in en
    assert not en.isdigit()


@pytest.mark.parametrize("state", ["not_started", "in_progress", "done", "closed", "no_need"])
def test_the_state_of_work_has_a_word_in_both(state):
    zh, en = in_both(lambda: messages.field_value_words("discharge_outlet", "work_state", state))
    assert CHINESE.search(zh)
    assert en != state or "_" not in state


@pytest.mark.parametrize(("role", "field", "value", "zh", "en"), [
    ("discharge_outlet", "bank_side", "right", "右岸", "right bank"), ("water_source", "grade", "1", "一级保护区", "first-grade zone"),
    ("control_unit", "category", "priority", "优先保护", "priority protection"),
    ("discharge_outlet", "meets_criteria", 1.0, "是", "yes"), ("discharge_outlet", "traced", np.bool_(False), "否", "no"),
    ("project_site", "nature", "new", "新建", "new"), ("project_site", "is_chemical", "no", "否", "no"),
    ("reference", "anything", "left", "left", "left"), ("reference", "category", "priority", "priority", "priority"),
])
def test_words(role, field, value, zh, en):
    said = in_both(lambda: messages.field_value_words(role, field, value))
    assert said[0] == zh
    assert said[1].lower() == en


def test_a_legend_calls_a_class_what_its_field_and_the_panels_call_it():
    """Closed out stood beside accepted: 已销号, both of them."""
    found = []
    for style in STYLES.values():
        for symbol in (one for one in style.classes if isinstance(one.value, str)):
            zh, en = in_both(lambda style=style, value=symbol.value: messages.field_value_words(style.role, style.field, value))
            if en.casefold() not in symbol.en.casefold() or zh not in symbol.zh.replace(" ", ""):
                found.append((style.role, symbol.value, symbol.zh, zh, symbol.en, en))
            elsewhere = in_every_language(symbol.zh)[1]
            if elsewhere != symbol.zh and elsewhere.casefold() != symbol.en.casefold():
                found.append((style.role, symbol.value, symbol.zh, symbol.en, elsewhere))
    assert found == []


def test_what_nobody_knows_is_said_as_it_stands():
    assert messages.field_words("reference", "X_1") == "X_1"
    assert messages.field_value_words("reference", "X_1", 1) == "1"


def test_every_column_of_the_demo_has_a_title():
    frames = draw.layers()
    lacking = [(role, name) for role, frame in frames.items() for name in frame.columns
               if name != frame.geometry.name and not CHINESE.search(messages.field_words(role, name)) and name not in ("ph", "cod")]
    assert lacking == []

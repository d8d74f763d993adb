"""Styles of a person's own: made from data, kept in the workspace, used by every painter."""

from __future__ import annotations

import itertools
import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.workspace import Workspace
from sanxian.cli import main
from sanxian.mapping import make_style, own_styles, scene
from sanxian.mapping.filters import Condition, Filter, as_numbers
from sanxian.mapping.own_styles import StyleError, from_dict, to_dict
from sanxian.mapping.qgis import save_styles
from sanxian.mapping.sheets import build
from sanxian.mapping.styles import STYLES, style_for
from sanxian.mapping.web_page import page
from sanxian.messages import words

numbers = st.lists(st.floats(-1e6, 1e6).map(lambda one: round(one, 3)), min_size=1, max_size=40)


@given(numbers, st.integers(1, 8), st.sampled_from(["equal", "quantile", "natural"]))
def test_every_number_falls_into_one_class_and_classes_rise(values, count, method):
    ends = make_style.breaks(values, count, method)
    assert ends == sorted(ends)
    assert (ends[0], ends[-1]) == (min(values), max(values))
    assert 2 <= len(ends) <= max(count, 1) + 1
    style = make_style.graduated("admin", "x", ends, ramp="blues", geometry="polygon")
    found = style.class_numbers(pd.DataFrame({"x": values}))
    assert (found < len(style.classes) - 1).all()
    assert (np.diff(found[np.argsort(values, kind="stable")]) >= 0).all()


@given(st.lists(st.integers(0, 30), min_size=3, max_size=9), st.integers(2, 4))
def test_natural_breaks_have_the_least_spread_of_all(values, count):
    def spread(ends):
        place = np.searchsorted(ends, sorted(values))
        whole = np.array(sorted(values), float)
        return sum(((whole[place == one] - whole[place == one].mean()) ** 2).sum() for one in np.unique(place))

    tops = sorted(set(values))
    count = min(count, len(tops))
    best = min(spread([*cut, tops[-1]]) for cut in itertools.combinations(tops[:-1], count - 1))
    assert spread(make_style.breaks(values, count, "natural")[1:]) == pytest.approx(best, abs=1e-6)


def test_breaks_by_hand_of_a_known_column():
    values = [1, 2, 3, 4, 5, 6, 7, 8, None, "x"]
    assert make_style.breaks(values, 4, "quantile") == [1, 2, 4, 6, 8]
    assert make_style.breaks(values, 4, "equal") == [1, 2.75, 4.5, 6.25, 8]
    assert make_style.breaks([1, 2, 2, 9, 10, 50], 3, "natural") == [1, 2, 10, 50]
    assert make_style.breaks([7, 7], 5, "natural") == [7, 7]
    with pytest.raises(StyleError):
        make_style.breaks([None, "a"], 3, "equal")


def test_values_get_classes_that_are_not_told_apart_by_colour_alone():
    values = [f"v{number:02}" for number in range(20)] + [None]
    for geometry in ("polygon", "point", "line"):
        style = make_style.categorised("reference", "k", values, geometry=geometry)
        looks = [(one.fill, one.outline, one.hatch, one.marker, one.dash) for one in style.classes[:-1]]
        assert len(set(looks)) == 20, geometry
        assert style.class_numbers(pd.DataFrame({"k": values})).tolist() == [*range(20), 20]
    floats = make_style.categorised("reference", "k", [1.0, 2.0, None], geometry="polygon")
    assert floats.class_numbers(pd.DataFrame({"k": [2.0, None, 1.0]})).tolist() == [1, 2, 0]
    with pytest.raises(StyleError, match="太多"):
        make_style.categorised("reference", "k", range(500), geometry="polygon")


@pytest.mark.parametrize("ramp", make_style.RAMPS)
def test_ramps_that_are_called_safe_go_from_light_to_dark(ramp):
    def light(colour):
        parts = [int(colour[at:at + 2], 16) for at in (1, 3, 5)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    found = [light(one) for one in make_style.colours(ramp, 7)]
    steps = np.sign(np.diff(found))
    if ramp not in ("blue_orange", "traffic"):
        assert len(set(steps)) == 1
    assert len(set(make_style.colours(ramp, 12))) == 12


@pytest.mark.parametrize("role", STYLES)
def test_a_style_is_the_same_after_json(role):
    for palette in ("official", "safe"):
        style = style_for(role, palette=palette)
        assert from_dict(json.loads(json.dumps(to_dict(style)))) == replace(style, synonyms=dict(style.synonyms))


@pytest.mark.parametrize("change", [
    {"kind": "heat"}, {"classes": []}, {"scales": [5000, 1000]}, {"field": ""}, {"classes": [{"value": None, "zh": "", "en": "", "fill": "red"}]},
    {"classes": [{"value": None, "zh": "", "en": "", "hatch": "waves"}]}, {"classes": [{"value": None, "zh": "", "en": "", "size": -1}]},
    {"classes": [{"value": None, "zh": "", "en": "", "outline_width": float("nan")}]}, {"classes": 5}, {"order": "x"},
])
def test_what_no_painter_can_draw_is_refused(change):
    with pytest.raises(StyleError):
        from_dict({**to_dict(style_for("control_unit")), **change})


def test_the_first_rule_that_holds_draws_the_feature():
    style = make_style.rules("admin", geometry="polygon")
    rules = [Filter((Condition("a", "above", "1"),)), Filter((Condition("a", "above", "0"),)), Filter((), True)]
    style = replace(style, classes=(*(make_style.rule("admin", 0, geometry="polygon") for _ in rules), *style.classes))
    style = replace(style, classes=tuple(replace(one, where=where) for one, where in zip(style.classes, [*rules, None], strict=True)))
    assert style.class_numbers(pd.DataFrame({"a": [2, 1, 0, None]})).tolist() == [0, 1, 3, 3]
    assert style.class_numbers(pd.DataFrame({"b": [2]})).tolist() == [3]
    assert own_styles.checked(style) is style


@pytest.mark.parametrize("style", [style_for("control_unit"), style_for("scenic_area"), style_for("water_source")])
def test_a_column_is_classed_as_its_values_are(style):
    values = ["priority", "1", " 2 ", True, False, None, float("nan"), 3, 2.0, "x", "true", "一级"]
    found = style.class_numbers(pd.DataFrame({style.field: pd.Series(values, dtype=object)}))
    wanted = [style.classes.index(style.symbol_for(None if one != one else one)) for one in values]
    assert found.tolist() == wanted


def own(role="control_unit"):
    style = make_style.categorised(role, "name", ["东", "西"], geometry="polygon")
    return replace(style, labels=True, label_field="code")


def test_a_kept_style_follows_its_layer_and_goes_with_it(workspace):
    with Workspace.open(workspace) as opened:
        record = opened.by_role("control_unit")[0]
        own_styles.keep(opened, {record.name: own()})
        opened.rename(record.name, "新名")
        assert own_styles.styles_of(opened) == {"新名": own()}
        own_styles.keep(opened, {"没有的图层": own()})
        assert len(own_styles.styles_of(opened)) == 1
        own_styles.keep(opened, {"新名": None})
        assert own_styles.styles_of(opened) == {}
        assert opened.state(own_styles.STATE_KEY) is None


def rows(path, table):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT styleName, useAsDefault, styleQML FROM layer_styles WHERE f_table_name = ? ORDER BY id",
                                  (table,)).fetchall()


def test_qgis_is_given_the_own_style_as_default_and_keeps_what_it_did_to_it(workspace):
    with Workspace.open(workspace) as opened:
        save_styles(opened)
        record = opened.by_role("control_unit")[0]
        own_styles.keep(opened, {record.name: own()})
        save_styles(opened)
        (preset, mine) = rows(workspace, record.table)
        assert (preset[1], mine[1]) == (0, 1)
        assert 'fieldName="code"' in mine[2]
        with closing(sqlite3.connect(workspace)) as connection, connection:
            connection.execute("UPDATE layer_styles SET styleQML = 'edited' WHERE styleName = ?", (mine[0],))
        save_styles(opened)
        assert rows(workspace, record.table)[1][2] == "edited", "nothing has changed here"
        own_styles.keep(opened, {record.name: replace(own(), labels=False)})
        save_styles(opened)
        assert rows(workspace, record.table)[1][2] != "edited"
        own_styles.keep(opened, {record.name: None})
        save_styles(opened)
        ((_name, default, text),) = rows(workspace, record.table)
        assert (default, text) == (1, preset[2])


def test_sheets_web_maps_and_reports_draw_the_own_style(workspace):
    from datetime import date

    with Workspace.open(workspace) as opened:
        record = opened.by_role("control_unit")[0]
        style = own()
        style = replace(style, classes=(replace(style.classes[0], fill="#123456", zh="甲类"), replace(style.classes[1], shown=False),
                                        style.classes[2]))
        own_styles.keep(opened, {record.name: style})
        (source,) = build.sources_of(opened, ["control_unit"])
        assert source.style == style
        (layer,) = scene.Reader(opened).layers_in((115.0, 29.0, 117.0, 30.5), ["control_unit"])
        assert [(symbol.fill, len(members)) for symbol, members in layer.classes()] == [("#123456", 1)]
        text = page(opened, on=date(2026, 11, 22), roles=["control_unit"])
        assert "#123456" in text
        assert "甲类" in text
        assert style.classes[1].fill not in text


def test_a_layer_beyond_its_scales_is_not_on_the_sheet(workspace):
    from datetime import date

    from sanxian.mapping.sheets import template
    from sanxian.mapping.sheets.build import Request

    with Workspace.open(workspace) as opened:
        sources = build.sources_of(opened)
        request = Request(next(iter(template.builtin().values())), date(2026, 11, 22),
                          scale=100_000.0)
        assert "control_unit" in {layer.source.role for layer in build.build(sources, request).layers}
        sources = [replace(one, style=replace(style_for(one.role), scales=(0.0, 50_000.0))) if one.role == "control_unit" else one
                   for one in sources]
        sheet = build.build(sources, request)
        assert "control_unit" not in {layer.source.role for layer in sheet.layers}


def test_the_command_carries_styles_and_says_what_is_missing(workspace, tmp_path, capsys):
    out = tmp_path / "units.qml"
    assert main(["style", "export", str(workspace), "control_unit", str(out)]) == 0
    assert out.is_file()
    text = out.read_text(encoding="utf-8").replace("127,201,127", "1,2,3").replace("<aliases", "<x").replace("</qgis>", "<blendMode>6</blendMode></qgis>")
    out.write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert main(["style", "import", str(workspace), "control_unit", str(out)]) == 0
    assert "- 混合模式没有带过来" in capsys.readouterr().out
    words = tmp_path / "words.qml"
    words.write_text(text.replace('value="priority"', 'value="优先保护单元"'), encoding="utf-8")
    assert main(["style", "import", str(workspace), "control_unit", str(words)]) == 0
    assert "优先保护单元 → priority" in capsys.readouterr().out
    with Workspace.open(workspace, readonly=True) as opened:
        record = opened.by_role("control_unit")[0]
        assert own_styles.styles_of(opened)[record.name].classes[0].fill == "#010203"
    assert len(rows(workspace, record.table)) == 2
    sld = tmp_path / "units.sld"
    assert main(["style", "export", str(workspace), record.name, str(sld), "--sld", "1.0.0"]) == 0
    assert "#010203" in sld.read_text(encoding="utf-8")
    assert main(["style", "reset", str(workspace), "control_unit"]) == 0
    with Workspace.open(workspace, readonly=True) as opened:
        assert own_styles.styles_of(opened) == {}
    assert main(["style", "import", str(workspace), "wetland", str(out)]) == 2
    assert main(["style", "import", str(workspace), "control_unit"]) == 2
    assert main(["style", "import", str(workspace), "control_unit", str(tmp_path / "no.qml")]) == 2


def test_a_long_column_is_read_as_numbers_in_portions_and_gives_the_same(monkeypatch):
    texts = ["a", None, "1.5", " 2 ", "1e3", "inf", "", 3, 2**70, True, "1,000"] * 2_000
    columns = [pd.Series(texts, dtype=object), pd.Series([f"{one}" for one in texts]), pd.Series([1, None, 3] * 4_000, dtype="Int64"),
               pd.Series([], dtype=object), pd.Series(pd.date_range("2020", periods=7_000))]
    wanted = [pd.to_numeric(one, errors="coerce").to_numpy(dtype=float, na_value=np.nan) for one in columns]
    asked, real = [], pd.to_numeric
    monkeypatch.setattr(pd, "to_numeric", lambda part, **options: (asked.append(len(part)), real(part, **options))[1])
    for column, numbers in zip(columns[:2], wanted, strict=False):
        np.testing.assert_array_equal(as_numbers(column), numbers)
    assert max(asked) <= 5_000, "one call holds every other thread up to its end"
    for column, numbers in zip(columns[2:], wanted[2:], strict=True):
        np.testing.assert_array_equal(as_numbers(column), numbers)


def test_how_many_values_are_too_many_is_told_with_its_thousands():
    with pytest.raises(StyleError) as refused:
        make_style.categorised("reference", "编号", [f"x{n}" for n in range(100_000)], geometry="point")
    assert "有 100,000 个不同的值" in words(refused.value)


@pytest.mark.parametrize("method", ["equal", "quantile", "natural"])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_classes_of_huge_numbers_hold_all_of_them(method):
    numbers = [-1.7e308, -3.0, 1e300, 2e300, 1.6e308, 1.7e308]
    ends = make_style.breaks(numbers, 3, method)
    assert ends == sorted(ends)
    assert (ends[0], ends[-1]) == (min(numbers), max(numbers))
    style = make_style.graduated("reference", "n", ends, ramp="blues", geometry="polygon")
    assert (style.numbers_of(numbers) < len(style.classes) - 1).all()
    assert all(len(one.zh) < 30 for one in style.classes)
    assert make_style.range_words(0, 1234567) == "0 – 1,234,567"

import re

import pytest

from rules.model import Verdict
from sanxian.mapping.styles import (
    HATCHES,
    MARKERS,
    PALETTES,
    SAFE,
    STYLES,
    VERDICT_COLOURS,
    VERDICT_MARKS,
    drawing_order,
    style_for,
    verdict_style,
)

CONTRACT_ROLES = [
    "ecological_redline", "control_unit", "element_zone", "protected_area", "scenic_area", "water_source",
    "wetland", "germplasm_reserve", "permanent_farmland", "farmland_class", "urban_boundary", "built_up_area",
    "industrial_park", "fuel_ban_zone", "machinery_ban_zone", "heating_network", "noise_zone",
    "noise_sensitive", "contaminated_land", "groundwater_zone", "breeding_ban_zone", "water_function_zone",
    "river_bank", "bank_zone", "river_management", "flood_detention", "water_body", "discharge_outlet",
    "pollution_source", "sewer", "monitoring_section", "receptor", "admin", "project_site", "reference",
    "raster",
]


def test_every_role_of_the_contract_has_a_preset():
    assert set(CONTRACT_ROLES) == set(STYLES)


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("role", CONTRACT_ROLES)
def test_a_preset_is_made_of_values_that_every_painter_knows(role, palette):
    style = style_for(role, palette=palette)
    assert style.kind in ("single", "categorised")
    assert bool(style.field) is (style.kind == "categorised")
    for symbol in style.classes:
        assert re.fullmatch("#[0-9a-f]{6}", symbol.fill)
        assert re.fullmatch("#[0-9a-f]{6}", symbol.outline)
        assert 0 <= symbol.fill_opacity <= 1
        assert symbol.hatch in HATCHES
        assert symbol.marker in MARKERS
        assert symbol.zh
        assert symbol.en


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("role", CONTRACT_ROLES)
def test_no_two_classes_differ_by_hue_alone(role, palette):
    def lightness(colour):
        red, green, blue = (int(colour[at:at + 2], 16) for at in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    classes = [symbol for symbol in style_for(role, palette=palette).classes if symbol.value is not None]
    for one in classes:
        for other in classes:
            if one is not other:
                assert (
                    (one.hatch, one.marker, one.dash) != (other.hatch, other.marker, other.dash)
                    or abs(lightness(one.fill) - lightness(other.fill)) > 20
                )


def test_a_value_that_no_class_names_never_looks_like_one_that_is_named():
    style = style_for("control_unit")
    assert style.symbol_for("priority").zh == "优先保护单元"
    assert style.symbol_for("1").value == "priority"
    assert style.symbol_for("外星单元").value is None
    assert style.symbol_for(None).value is None
    assert style_for("scenic_area").symbol_for(None).value is None
    assert style_for("scenic_area").symbol_for(False).value is False
    assert style_for("water_source").symbol_for(1).value == "1"


def test_verdicts_have_each_a_colour_and_a_mark_of_their_own():
    assert set(VERDICT_COLOURS) == {str(verdict) for verdict in Verdict}
    assert len(set(VERDICT_COLOURS.values())) == len(Verdict)
    assert len(set(VERDICT_MARKS.values())) == len(Verdict)
    assert VERDICT_COLOURS[Verdict.PROHIBITED] == verdict_style(Verdict.PROHIBITED).colour


def test_marks_and_names_are_in_every_chinese_font():
    for verdict in Verdict:
        verdict_style(verdict).mark.encode("gb2312") if verdict != "not_applicable" else None
        verdict_style(verdict).zh.encode("gbk")


def test_an_unknown_verdict_is_never_shown_as_clear():
    assert verdict_style("whatever").verdict == "undetermined"
    assert verdict_style("whatever", palette=SAFE).verdict == "undetermined"


def test_text_on_a_verdict_colour_can_be_read():
    def luminance(colour):
        parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for palette in PALETTES:
        for verdict in Verdict:
            style = verdict_style(verdict, palette=palette)
            pair = sorted((luminance(style.colour), luminance(style.text)))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (palette, verdict)


def test_sites_lie_on_top_and_units_at_the_bottom():
    order = drawing_order(["project_site", "control_unit", "ecological_redline", "discharge_outlet"])
    assert order == ["control_unit", "ecological_redline", "discharge_outlet", "project_site"]


def test_an_unknown_role_is_drawn_under_its_own_name():
    assert style_for("moon_base").name("en") == "moon_base"
    with pytest.raises(ValueError, match="palette"):
        style_for("admin", palette="neon")

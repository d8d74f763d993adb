"""How a site lies in the redline: an area in square metres, a line in metres, a place by saying so."""

from __future__ import annotations

import pytest

from sanxian import messages
from sanxian.i18n import set_language
from sanxian.result import RedlineStatement, SiteSummary

AREA = SiteSummary("Polygon", 10_000.0, 400.0, "EPSG:4548")
LINE = SiteSummary("LineString", 0.0, 2_000.0, "EPSG:4548")
PLACE = SiteSummary("Point", 0.0, 0.0, "EPSG:4548")


@pytest.mark.parametrize(("site", "fact", "words"), [
    (AREA, RedlineStatement(True, 2_500.0, 0.25, 0.0, inside=True), "压占 2,500.0 m²（25.00%）"),
    (LINE, RedlineStatement(True, 0.0, 0.693, 0.0, inside=True), "穿越 1,386.0 米（69.30%）"),
    (PLACE, RedlineStatement(True, 0.0, 1.0, 0.0, inside=True), "位于红线内"),
])
def test_words(site, fact, words):
    said = messages.redline_overlap_words(site, fact)
    assert said == words
    assert "0.0 m²" not in said.replace("2,500.0 m²", "")
    set_language("en")
    try:
        assert messages.redline_overlap_words(site, fact).isascii() or "m²" in messages.redline_overlap_words(site, fact)
    finally:
        set_language("zh")


def test_a_line_has_a_length_and_a_place_has_none():
    fact = RedlineStatement(True, 0.0, 0.5, 0.0, inside=True)
    assert messages.line_within_m(LINE, fact) == 1_000.0
    assert messages.line_within_m(AREA, fact) is None
    assert messages.line_within_m(PLACE, fact) is None

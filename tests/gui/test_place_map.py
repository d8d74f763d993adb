"""The map that shows where a file lies under each coordinate system."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PyQt5.QtCore import QPointF
from shapely import box

from gui.dialogs.place_map import PlaceMap


@pytest.fixture
def shown(qtbot):
    widget = PlaceMap()
    qtbot.addWidget(widget)
    widget.resize(300, 170)
    return widget


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 60)), min_size=1, max_size=8), st.integers(0, 170))
def test_numbers_of_places_beside_one_another_stand_apart_and_are_found_at_once(shown, at, base):
    # Three within a few pixels went up and down for ever, and the window with them.
    places = [QPointF(x, min(base + y, 170)) for x, y in at]
    shown._candidates = [(None, type("Box", (), {"center": lambda self, one=one: one})()) for one in places]
    shown._on_screen = lambda x, y: QPointF(x, y)
    start = time.monotonic()
    badges = [shown.badge(number) for number in range(len(places))]
    assert time.monotonic() - start < 1
    for number, one in enumerate(badges):
        assert not any(one.intersects(former) for former in badges[:number])


def test_candidates_within_a_kilometre_are_drawn(shown):
    shown.show_places([box(115, 29, 117, 30)], [[box(116 + d, 29.5 + d, 116.001 + d, 29.501 + d)] for d in (0, 0.005, 0.01, 0.0049)], 0)
    assert not shown.grab().isNull()

"""The demo's verdicts on five days, as golden files: a change of law or program shows as a diff."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
MAKE = runpy.run_path(str(GOLDEN / "make.py"), run_name="golden")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    from sanxian.demo import build

    return build(tmp_path_factory.mktemp("golden"))


@pytest.mark.parametrize("day", MAKE["DAYS"])
def test_demo_on(day, demo):
    found = MAKE["text"](MAKE["verdicts"](demo.workspace, demo.projects, day))
    assert found == (GOLDEN / f"demo-{day}.json").read_text(encoding="utf-8"), "explain the diff, then: python tests/golden/make.py"

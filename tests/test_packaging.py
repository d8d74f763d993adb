"""What is installed under the five plain names is ours, and everything that the program reads is in the package."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("gui", "sanxian", "layers", "rules", "spatial")


def test_no_other_distribution_owns_one_of_our_names():
    owners = packages_distributions()
    others = {name: sorted(set(owners.get(name, [])) - {"sanxian"}) for name in OURS}
    assert {name: names for name, names in others.items() if names} == {}, "install Sanxian in an environment of its own"


def test_every_kind_of_data_file_in_the_packages_is_packaged():
    declared = set(re.findall(r'"\*(\.\w+)"', (ROOT / "setup.py").read_text(encoding="utf-8")))
    found = {
        path.suffix
        for name in OURS
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc", "") and "__pycache__" not in path.parts
    }
    assert found <= declared


@pytest.mark.parametrize("name", OURS)
def test_every_folder_with_code_is_a_package(name):
    for path in (ROOT / name).rglob("*.py"):
        if "__pycache__" not in path.parts:
            assert (path.parent / "__init__.py").exists(), path.parent

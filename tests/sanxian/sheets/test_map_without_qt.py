"""Without PyQt5 a print sheet is refused in a sentence."""

import importlib

import pytest

from sanxian.mapping.sheets import cli
from sanxian.mapping.sheets.errors import SheetError


def test_it_says_what_is_missing(monkeypatch):
    def gone(name):
        raise ImportError("No module named 'PyQt5'")

    monkeypatch.setattr(importlib, "import_module", gone)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    with pytest.raises(SheetError, match="pip install PyQt5"):
        cli.painter()

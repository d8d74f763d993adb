from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("SANXIAN_LANG", "zh")


@pytest.fixture(autouse=True)
def _chinese():
    """Every test begins in Chinese, whatever the one before it did."""
    from sanxian import i18n

    i18n.set_language("zh")
    yield
    i18n.set_language("zh")

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is no fault of the program's. In CI the same examples are tried each time, so that what passes there
# passes again; on a developer's machine new ones are.
settings.register_profile(
    "sanxian", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("sanxian")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("SANXIAN_LANG", "zh")


@pytest.fixture(autouse=True)
def _chinese():
    """Every test begins in Chinese, whatever the one before it did."""
    from sanxian import i18n

    i18n.set_language("zh")
    yield
    i18n.set_language("zh")

"""Writes the pages of this folder that are made from the program's own data: ``rules.md``.

Run from anywhere: ``python docs/generate.py``. A test fails when a page is out of date.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def rule_page() -> str:
    """The text of ``docs/rules.md``."""
    from sanxian.rulebook import rule_book
    from sanxian.screen import rule_set

    cases = {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))["case"]
        for path in sorted((ROOT / "tests" / "rules" / "cases").glob("*.toml"))
    }
    return rule_book(rule_set(), cases)


if __name__ == "__main__":
    (ROOT / "docs" / "rules.md").write_text(rule_page(), encoding="utf-8")

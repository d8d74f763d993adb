"""The rule book is made from the data, and the page in docs is that of today."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date():
    page = runpy.run_path(str(ROOT / "docs" / "generate.py"))["rule_page"]()
    kept = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == kept, "run: python docs/generate.py"


def test_every_rule_has_a_chapter_with_its_basis_and_cases():
    from sanxian.screen import rule_set

    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    for rule in rule_set().rules:
        chapter = text.split(f"## `{rule.id}`\n", 1)[1].split("\n## ", 1)[0]
        assert rule.title["zh"] in chapter
        assert chapter.count("依据：") == sum(len(version.basis) for version in rule.versions)
        assert "案例：" in chapter

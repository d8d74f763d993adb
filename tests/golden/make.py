"""Writes the golden verdicts of the demo: ``python tests/golden/make.py``. A change shows as a diff, to be explained."""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

# the day before the Yangtze law; between laws; the last day of the old laws and the first of the code; today
DAYS = ("2021-02-28", "2024-05-01", "2026-08-14", "2026-08-15", "2026-11-22")
QUIET = ("permitted", "not_applicable")


def verdicts(workspace: Path, projects: Path, day: str) -> dict[str, object]:
    """Verdict of every demo project on one day, and every outcome that is more than quiet, with what it rests on."""
    from layers.workspace import Workspace
    from sanxian.request import load_projects
    from sanxian.screen import rule_set, screen

    with Workspace.open(workspace, readonly=True) as opened:
        found, _ = load_projects(projects, opened)
        result = screen(opened, found, rule_set(opened), on=date.fromisoformat(day))
    return {
        "on": day,
        "rules": result.rule_count,
        "projects": {
            project.id: {
                "verdict": str(project.verdict),
                "outcomes": {
                    item.rule: " · ".join(
                        [str(item.outcome), item.reason, *(f"{basis.document} {basis.article}" for basis in item.basis), *item.missing]
                    )
                    for item in project.outcomes
                    if item.outcome not in QUIET
                },
            }
            for project in result.projects
        },
    }


def text(found: dict[str, object]) -> str:
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    from sanxian.demo import build

    with tempfile.TemporaryDirectory() as folder:
        files = build(Path(folder))
        for day in DAYS:
            (HERE / f"demo-{day}.json").write_text(text(verdicts(files.workspace, files.projects, day)), encoding="utf-8")

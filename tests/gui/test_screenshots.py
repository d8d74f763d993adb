"""The pictures of the documentation: each can be taken, shows something, and no dialog of the window is forgotten."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What stands for each kind of shot; the script itself takes them all.
FEW = ("welcome", "window", "form", "import-place", "layer-properties", "outlet-board", "keys", "box-error")

pytestmark = [pytest.mark.timeout(300), pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("screenshots", ROOT / "docs" / "screenshots.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["screenshots"] = module
    spec.loader.exec_module(module)
    return module


def dialogs() -> set[str]:
    """Names of the dialogs and panels of the window, by what they are made from."""
    bases: dict[str, set[str]] = {}
    for path in (ROOT / "gui").rglob("*.py"):
        if "canvas" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases.setdefault(node.name, set()).update(base.id for base in node.bases if isinstance(base, ast.Name))
    found = {name for name, of in bases.items() if of & {"QDialog", "QMainWindow"}}
    while more := {name for name, of in bases.items() if of & found} - found:
        found |= more
    panels = {name for name, of in bases.items() if "QWidget" in of and "Speaker" in of and name.endswith("Panel")}
    return found | panels


def test_no_dialog_and_no_panel_is_forgotten(script):
    shown = {name for shot in script.SHOTS for name in shot.shows}
    assert len(dialogs()) > 20
    assert dialogs() - shown - set(script.NOT_SHOWN) == set()
    assert set(script.NOT_SHOWN) & shown == set()


def test_names_are_unique_and_captions_speak_both_languages(script):
    names = [shot.name for shot in script.SHOTS]
    assert len(set(names)) == len(names)
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in shot.zh) for shot in script.SHOTS)
    assert not any("\u4e00" <= letter <= "\u9fff" for shot in script.SHOTS for letter in shot.en)


def test_pictures_can_be_taken_and_show_something(script, qapp, tmp_path):
    stage = script.Stage(tmp_path / "stage", judge="judge")
    seen = {}
    try:
        chosen = [shot for shot in script.SHOTS if shot.name in FEW]
        assert script.take(stage, chosen, lambda shot, image: seen.__setitem__(shot.name, image)) == []
    finally:
        stage.close()
    assert sorted(seen) == sorted(FEW)
    for name, image in seen.items():
        small = image.scaled(60, 40)
        colours = {small.pixel(x, y) for x in range(60) for y in range(40)}
        assert len(colours) > 20, name
    path = tmp_path / "one.png"
    script.save(seen["welcome"], path, 16)
    assert path.stat().st_size > 500


def test_the_page_shows_every_picture(script, tmp_path):
    script.index(tmp_path / "page.md", "screenshots")
    made = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert made == (ROOT / "docs" / "screenshots.md").read_text(encoding="utf-8"), "run docs/screenshots.py"
    for shot in script.SHOTS:
        for language in script.LANGUAGES:
            for scale in script.SCALES:
                assert f"screenshots/{language}-{scale * 100}/{shot.name}.png" in made
                assert (ROOT / "docs" / "screenshots" / f"{language}-{scale * 100}" / f"{shot.name}.png").stat().st_size > 500

"""F1 tells about the thing in focus."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialog

import gui
from gui.help import PAGES, HelpDialog, page_of


def test_every_page_belongs_to_a_widget_that_there_is():
    names = set()
    for found in pkgutil.walk_packages(gui.__path__, "gui."):
        if not found.name.endswith("__main__"):
            names |= set(vars(importlib.import_module(found.name)))
    assert set(PAGES) <= names


def test_every_dialog_and_panel_has_a_page_of_its_own(window):
    """A new one without a page fails here; the help itself needs none."""
    dialogs = {name for found in pkgutil.walk_packages(gui.__path__, "gui.") if not found.name.endswith("__main__")
               for name, kind in vars(importlib.import_module(found.name)).items()
               if isinstance(kind, type) and issubclass(kind, QDialog) and kind.__module__.startswith("gui.")}
    panels = {type(dock.widget()).__name__ for dock in window.docks.values()}
    assert (dialogs | panels) - {"HelpDialog"} <= set(PAGES)
    pages = [PAGES[name] for name in dialogs | panels if name in PAGES]
    assert len({title for title, _text in pages}) == len(pages)
    assert len({text for _title, text in pages}) == len(pages)


@pytest.mark.parametrize(("name", "page"), [
    ("layers", "LayersPanel"), ("projects", "ProjectsPanel"), ("verdict", "VerdictPanel"), ("form", "SiteForm"),
])
def test_the_page_is_that_of_the_part_round_the_focus(opened, name, page):
    inside = getattr(opened, name)
    deepest = inside.findChildren(type(inside).__mro__[1])[-1] if inside.findChildren(type(inside).__mro__[1]) else inside
    assert page_of(deepest) == page
    assert page_of(opened) == ""
    assert page_of(None) == ""


def test_f1_in_the_search_of_the_projects_shows_their_page(opened, qtbot):
    opened.show_dock("projects")
    opened.projects.search.setFocus()
    qtbot.keyClick(opened.projects.search, Qt.Key_F1)
    (dialog,) = opened.findChildren(HelpDialog)
    assert "项目列表" in dialog.windowTitle()
    assert "合并" in dialog.text.toPlainText()
    dialog.show_page("VerdictPanel")
    assert "初筛结论" in dialog.text.toPlainText()
    opened.choose_language("en")
    assert "A screening is no permit" in dialog.text.toPlainText()
    opened.choose_language("zh")
    dialog.close()


def test_on_the_first_page_help_begins_at_the_beginning(window):
    dialog = next(part for part in window.parts if type(part).__name__ == "Help").show()
    assert "示范区" in dialog.text.toPlainText()
    dialog.close()

"""F1 tells about the thing in focus."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from PyQt5.QtCore import Qt

import gui
from gui.help import PAGES, HelpDialog, page_of


def test_every_page_belongs_to_a_widget_that_there_is():
    names = set()
    for found in pkgutil.walk_packages(gui.__path__, "gui."):
        if not found.name.endswith("__main__"):
            names |= set(vars(importlib.import_module(found.name)))
    assert set(PAGES) <= names


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

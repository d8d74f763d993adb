"""Nothing that a person reads may be left behind when the language changes."""

from __future__ import annotations

import ast
import re
from importlib import resources
from pathlib import Path

import polib
from PyQt5.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QTabWidget,
    QTreeWidget,
    QWidget,
)

import gui

CHINESE = re.compile(r"[\u3400-\u9fff]")
NOT_SHOWN = {"中文", "项目", "红线", "项目编号", "项目代码", "建设项目名称", "园区名称", "是否", "X 3,290,000.00 (北)  Y 39,500,000.00 (东)"}


def literals():
    root = Path(next(iter(gui.__path__)))
    for path in sorted(root.rglob("*.py")):
        if "canvas" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.body[0].value) for node in ast.walk(tree)
                if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body
                and isinstance(node.body[0], ast.Expr)}
        pieces = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value):
                if id(node) in pieces:
                    raise AssertionError(f"{path.name}:{node.lineno}: Chinese in an f-string cannot be translated")
                if id(node) not in docs and "[°度]" not in node.value:
                    yield node.value, f"{path.name}:{node.lineno}"


def test_every_chinese_string_of_the_window_is_in_the_catalogue():
    folder = resources.files("sanxian") / "locales" / "en"
    read = {path.stem: {entry.msgid: entry.msgstr for entry in polib.pofile(path.read_text(encoding="utf-8"))}
            for path in Path(str(folder)).glob("*.po")}
    known = set().union(*read.values())
    assert [where for text, where in literals() if text not in known and text not in NOT_SHOWN] == []
    catalogue = {**read["gui"], **read["rulesui"]}
    names = re.compile(r"\{(\w+)")
    for text, english in catalogue.items():
        assert set(names.findall(text)) == set(names.findall(english)), text
        assert not CHINESE.search(english), english


def texts(widget):
    yield widget.toolTip()
    yield widget.accessibleName()
    if isinstance(widget, (QLabel, QAbstractButton)):
        yield widget.text()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(i) for i in range(widget.count()))
    if isinstance(widget, QGroupBox):
        yield widget.title()
    if isinstance(widget, QDockWidget):
        yield widget.windowTitle()
    if isinstance(widget, QTabWidget):
        yield from (widget.tabText(i) for i in range(widget.count()))
    if isinstance(widget, QTreeWidget):
        yield from (widget.headerItem().text(i) for i in range(widget.columnCount()))


def test_english_leaves_no_chinese_behind_and_chinese_comes_back(judged):
    names = ("示例单元", "示例红线", "示例岸线", "项目P1", "项目P2")

    def chinese():
        found = set()
        for widget in (judged, *judged.findChildren(QWidget)):
            for text in texts(widget):
                for name in names:
                    text = text.replace(name, "")
                if CHINESE.search(text) and text != "中文":
                    found.add(f"{type(widget).__name__} {widget.objectName()}: {text}")
        for action in judged.actions_by_id.values():
            if CHINESE.search(action.text()) and action.text() != "中文":
                found.add(action.text())
        return found

    before = chinese()
    assert before
    judged.session.set_attribute("P1", "is_chemical", True)
    judged.actions_by_id["english"].trigger()
    assert chinese() == set()
    assert judged.settings.language == "en"
    assert judged.actions_by_id["undo"].text() == "Undo Edit project attributes"
    assert judged.verdict.detail.tabText(0) == "Explanation"
    judged.session.undo_stack.undo()
    judged.session.undo_stack.clear()
    judged.actions_by_id["chinese"].trigger()
    own = {text for text in before if "qt_" not in text and "Scroll" not in text}  # Qt's own words for its own buttons
    assert own <= chinese()

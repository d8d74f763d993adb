"""Nothing that a person reads may be left behind when the language changes."""

from __future__ import annotations

import ast
import re
from importlib import resources
from pathlib import Path

import polib
import pytest
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
        docs |= {id(part) for node in ast.walk(tree)  # patterns of what people type
                 if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "re"
                 for part in node.args}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value):
                if id(node) in pieces:
                    raise AssertionError(f"{path.name}:{node.lineno}: Chinese in an f-string cannot be translated")
                if id(node) not in docs:
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


# ---------------------------------------------------------------------------------------------------- a made-up language
WORD = re.compile(r"[A-Za-z]{3,}")
NO_WORDS = {"EPSG", "English", "Press", "shortcut", "Ctrl", "Enter", "Shift", "Alt", "Del", "Left", "Right", "Down", "Tab"}


class _Wrapped(dict):
    def get(self, key, default=None):
        return f"⟦{key}⟧"


def untranslated(text, data, strict=True):
    """What of ``text`` stands outside ⟦ ⟧ and is neither data nor a sign; Latin words too where it is ``strict``.

    Names of attributes, rules and fields come in both languages from their own tables, and not through the catalogue.
    """
    text = re.sub(r"<[^>]*>|&\w+;", " ", text)
    for word in sorted(data, key=len, reverse=True):
        text = text.replace(word, "")
    depth, kept = 0, []
    for letter in text:
        depth += (letter == "⟦") - (letter == "⟧")
        if not depth and letter != "⟧":
            kept.append(letter)
    rest = "".join(kept)
    return CHINESE.findall(rest) + ([word for word in WORD.findall(rest) if word not in NO_WORDS] if strict else [])


def within(thing, widget):
    """Whether a thing belongs to a widget, through menus too, which Qt counts as windows of their own."""
    while thing is not None and thing is not widget:
        thing = thing.parent()
    return thing is widget


def said_by(top, form):
    """Every text of a window: widgets, menus, trees, tables and combo boxes, and its own title."""
    from PyQt5.QtCore import Qt
    from PyQt5.QtWidgets import QAction, QPlainTextEdit, QPushButton, QTableView, QTextBrowser, QTreeView

    yield top.windowTitle(), True
    for action in top.findChildren(QAction):
        if not action.isSeparator():
            inside = within(action, form)
            yield action.text(), not inside
            yield action.toolTip(), not inside
    for widget in (top, *top.findChildren(QWidget)):
        plain = isinstance(widget, (QPushButton, QTabWidget, QDockWidget, QLineEdit)) and not within(widget, form)
        for text in (*texts(widget), widget.statusTip(), widget.whatsThis()):
            yield text, plain
        if isinstance(widget, QTextBrowser):
            yield widget.toHtml().split("<body")[-1].partition(">")[2], False
        if isinstance(widget, QPlainTextEdit):
            yield widget.placeholderText(), True
        if isinstance(widget, (QTreeView, QTableView)) and widget.model() is not None:
            model = widget.model()
            todo = [model.index(row, 0) for row in range(min(model.rowCount(), 60))]
            for column in range(model.columnCount()):
                yield str(model.headerData(column, Qt.Horizontal) or ""), False
            while todo:
                index = todo.pop()
                for column in range(model.columnCount(index.parent())):
                    cell = index.sibling(index.row(), column)
                    yield str(cell.data(Qt.DisplayRole) or ""), False
                    yield str(cell.data(Qt.ToolTipRole) or ""), False
                todo += [model.index(row, 0, index) for row in range(min(model.rowCount(index), 60))]


def test_the_eye_sees_what_was_not_translated():
    assert untranslated("⟦好⟧ 12 <b>⟦x⟧</b>", ()) == []
    assert untranslated("⟦好⟧ 漏 Cancel", ()) == ["漏", "Cancel"]


def test_a_made_up_language_leaves_nothing_in_another(judged, monkeypatch, qtbot):
    from sanxian import i18n

    monkeypatch.setattr(i18n, "_catalogue", lambda language: _Wrapped())
    judged.apply_language("en")
    qtbot.wait(50)  # Qt says its own words again in what is open when the language changes
    data = {"示例单元", "示例红线", "示例岸线", "示例江", "项目P1", "项目P2", "城区", "山区", "中文", "禁止新建化工项目", "单元清单!F12",
            "第二十六条", "主席令第65号", "Yangtze Protection Law", "Rule ", "workspace", "bank", "redline", "list", "wetland", "Polygon",
            str(judged.session.path)}
    for part in ("go_to", "keys", "coordinates", "bearing"):
        judged.do(part)
    judged.show_table("示例单元")
    opened = [one for one in judged.findChildren(QWidget) if one.isWindow() and one.isVisible()]
    assert len(opened) >= 4
    for dock in judged.docks.values():
        dock.show()
    qtbot.wait(150)
    found = {text[:80]: rest for top in (judged, *opened) for text, strict in said_by(top, judged.form)
             if (rest := untranslated(text, data, strict))}
    for one in opened:
        one.close()
    judged.choose_language("zh")
    assert found == {}


STAY_OPEN = ("go_to", "keys", "bearing", "help", "rule_manager", "override", "layout", "batch_table")


@pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)
def test_dialogs_that_stand_beside_the_window_follow_the_language_while_they_are_open(judged, qtbot):
    """Every one that does not keep the hands off the menus of the window; back and forth leaves them as they were."""
    data = {"示例单元", "示例红线", "示例岸线", "示例江", "项目P1", "项目P2", "城区", "山区", "中文", "禁止新建化工项目", "单元清单!F12",
            "第二十六条", "主席令第65号", str(judged.session.path), str(judged.session.path.parent)}
    for part in STAY_OPEN:
        judged.do(part)
    table = judged.show_table("示例单元")
    qtbot.waitUntil(lambda: not table._looks.asking(("cells", id(table))), timeout=20_000)  # or it says so, and never again
    qtbot.wait(100)
    dialogs = [one for one in judged.findChildren(QWidget) if one.isWindow() and one.isVisible() and one.windowTitle()]
    assert len(dialogs) >= len(STAY_OPEN)

    def said():
        return {str(type(top).__name__): [
            text for text, _strict in said_by(top, judged.form) if "<p " not in text] for top in dialogs}

    before = said()
    judged.actions_by_id["english"].trigger()
    qtbot.waitUntil(lambda: said() != before, timeout=20_000)  # said a moment later, and on a busy machine much later
    qtbot.wait(100)
    left = {}
    for top in dialogs:
        laws = type(top).__name__ == "RuleManager"  # its tables hold what laws are called and say
        told = (text for one in (top, *top.findChildren(QWidget)) for text in texts(one)) if laws else (
            text for text, _strict in said_by(top, judged.form))
        for text in told:
            for word in sorted(data, key=len, reverse=True):
                text = text.replace(word, "")
            if CHINESE.search(text):
                left[f"{type(top).__name__}: {text[:60]}"] = 1
    judged.actions_by_id["chinese"].trigger()

    def changed():
        """In which dialogs; long tables in the order of the words and a preview that is being drawn do not count."""
        again = said()
        return [name for name in before if name not in ("RuleManager", "SheetDialog") and {
            one.removesuffix("滚动") for one in again[name]} != {one.removesuffix("滚动") for one in before[name]}]

    qtbot.waitUntil(lambda: not changed(), timeout=120_000)  # dialogs follow one after another, and asking them all takes long
    for one in dialogs:
        one.close()
    assert left == {}

"""Every sentence of the access lists has its English, with the same names in it."""

import ast
import string
from importlib import resources
from pathlib import Path

import polib

import sanxian.access_list
from sanxian import i18n
from sanxian.access_list.errors import Issue


def _messages():
    for path in Path(sanxian.access_list.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_":
                yield node.args[0].value


def _names(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_catalogue_is_complete_and_has_the_same_names():
    catalogue = polib.pofile((resources.files("sanxian") / "locales" / "en" / "access.po").read_text(encoding="utf-8"))
    english = {entry.msgid: entry.msgstr for entry in catalogue}
    messages = set(_messages())
    assert messages == set(english)
    for message in messages:
        assert english[message]
        assert _names(message) == _names(english[message]), message


def test_an_issue_in_english():
    issue = Issue("says-none", "info", "清单", "D3", {"text": "无"})
    assert issue.words == "清单!D3：这一格写的是“无”，没有要求"
    i18n.set_language("en")
    try:
        assert 'says "无"' in issue.words
    finally:
        i18n.set_language("zh")

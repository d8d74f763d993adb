"""Every sentence of the canvas can be said in English, and in no other words than the code has."""

import ast
from pathlib import Path

import polib

import gui.canvas.canvas
from sanxian import i18n

FOLDER = Path(gui.canvas.canvas.__file__).parent


def sentences():
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            said = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
            if said and isinstance(node.args[0], ast.Constant):  # else a sentence that stands elsewhere
                yield ast.literal_eval(node.args[0])


def catalogue():
    folder = Path(i18n.__file__).parent / "locales" / "en"
    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(folder / "canvas.po"))}


def test_the_english_catalogue_is_complete_and_has_nothing_over():
    assert set(catalogue()) == set(sentences())
    assert all(catalogue().values())


def test_the_blanks_are_the_same_in_both_languages():
    import string

    def blanks(text):
        return sorted(name for _text, name, _spec, _how in string.Formatter().parse(text) if name)

    for chinese, english in catalogue().items():
        assert blanks(chinese) == blanks(english), chinese


def test_an_empty_map_speaks_the_language_of_the_moment(canvas):
    i18n.set_language("en")
    try:
        assert canvas._hint()[0] == "No layers yet"
    finally:
        i18n.set_language("zh")

"""Words in two languages. The source strings are Chinese; English comes from the catalogues in ``locales``.

Catalogues are read as they are written (``.po``), so there is nothing to compile and nothing to forget to compile.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("zh", "en")
_language = "zh"


def N_(message: str) -> str:  # noqa: N802 - gettext's name for "collect this, translate it later"
    """Mark ``message`` for the catalogues and return it as it is."""
    return message


def _(message: str) -> str:
    """``message`` in the language of the moment; Chinese where the catalogue does not have it."""
    return message if _language == "zh" else _catalogue(_language).get(message, message)


def in_every_language(message: str) -> tuple[str, ...]:
    """``message`` in each of ``LANGUAGES``."""
    return tuple(message if one == "zh" else _catalogue(one).get(message, message) for one in LANGUAGES)


def set_language(language: str) -> None:
    """Choose ``zh`` or ``en`` for every string shown from now on."""
    global _language
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, not {language!r}")
    _language = language


def prepare() -> None:
    """Read the catalogues, which else is done when the first word is asked for; may be called in another thread."""
    for language in LANGUAGES[1:]:
        _catalogue(language)


def language() -> str:
    """The language of the moment."""
    return _language


def pick(words: object) -> str:
    """The entry of a ``{zh, en}`` table for the language of the moment."""
    if isinstance(words, str):
        return words
    table = dict(words)  # type: ignore[call-overload]
    return str(table.get(_language) or table.get("zh") or next(iter(table.values()), ""))


def from_environment(environ: dict[str, str] | os._Environ[str] = os.environ) -> str:
    """``en`` where the environment asks for English, else ``zh``."""
    for name in ("SANXIAN_LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        value = environ.get(name, "").lower()
        if value and value not in ("c", "posix", "c.utf-8", "c.utf8"):
            return "en" if value.startswith("en") else "zh"
    return "zh"


class _Counting(str):
    """English words that go by the number before them: ``(s)`` goes or becomes an s, of ``(lies|lie)`` one is taken."""

    def format(self, *args: Any, **params: Any) -> str:
        return str.format(self._for(params), *args, **params)

    def format_map(self, params: Mapping[str, Any]) -> str:  # type: ignore[override]
        return str.format_map(self._for(params), params)

    def _for(self, params: Mapping[str, Any]) -> str:
        count = None

        def pick(found: re.Match[str]) -> str:
            nonlocal count
            if found["name"]:
                value = str(params.get(found["name"], "")).replace(",", "")
                count = value if value.isdigit() else count
            elif count is not None:
                one, many = ("", "s") if found["one"] is None else (found["one"], found["many"])
                return one if count == "1" else many
            return found[0]

        return _COUNTED.sub(pick, self)


_COUNTED = re.compile(r"\{(?P<name>\w+)[^}]*\}|\(s\)|\((?P<one>[a-z ]*)\|(?P<many>[a-z ]*)\)")
_COUNTING = re.compile(r"\(s\)|\([a-z ]*\|[a-z ]*\)")


@cache
def _catalogue(language: str) -> dict[str, str]:
    import polib  # here: Chinese needs no catalogue at all

    words: dict[str, str] = {}
    folder = resources.files("sanxian") / "locales" / language
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".po"):
            for message in polib.pofile(entry.read_text(encoding="utf-8")):
                if message.msgstr and not message.obsolete:
                    words[message.msgid] = _Counting(message.msgstr) if _COUNTING.search(message.msgstr) else message.msgstr
    return words

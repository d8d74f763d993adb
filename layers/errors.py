"""Sentences for people: what is wrong with a file, written so that it can also be said in another language."""

from __future__ import annotations

from typing import Any


def N_(text: str) -> str:  # noqa: N802 - the name that translators' tools look for
    """Mark ``text`` as a message to translate; it is translated where it is shown."""
    return text


class _Sentence(Exception):
    """An error whose text is one Chinese sentence, kept apart from what varies in it."""

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params


class LayerError(_Sentence):
    """A file that cannot be read as the layer that it was said to be.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies; the key of its translation.
        params: What varies.
    """


class WorkspaceError(_Sentence):
    """A workspace that cannot be opened or written.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies; the key of its translation.
        params: What varies.
    """

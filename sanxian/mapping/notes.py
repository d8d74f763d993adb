"""What a style lost on its way from one program to another, as sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sanxian.i18n import _


@dataclass(frozen=True)
class Note:
    """One thing that could not be carried.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies.
    """

    template: str
    params: dict[str, Any] = field(default_factory=dict)

    def __init__(self, template: str, **params: Any) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "params", params)

    def words(self) -> str:
        """The sentence in the language of the moment."""
        return _(self.template).format(**self.params)


def sentences(notes: Iterable[Note]) -> list[str]:
    """Each sentence once, in order."""
    return list(dict.fromkeys(note.words() for note in notes))

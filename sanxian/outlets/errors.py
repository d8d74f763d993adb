"""What goes wrong with outlets, said to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sanxian.errors import TellingError
from sanxian.i18n import _


class OutletError(TellingError, ValueError):
    """One sentence for people."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row or a cell of a table is not taken, or should be looked at; a subclass has the sentences.

    Attributes:
        problem: A key of ``SENTENCES``.
        params: What varies in the sentence.
    """

    SENTENCES: ClassVar[Mapping[str, str]] = {}
    problem: str
    params: Mapping[str, Any]

    def words(self) -> str:
        """The sentence in the language of the moment."""
        return _(self.SENTENCES[self.problem]).format(**self.params)

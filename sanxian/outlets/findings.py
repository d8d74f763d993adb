"""What an audit found: one line each, with candidates where the answer is a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sanxian.i18n import _


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should look at.

    Attributes:
        finding: What kind, such as ``duplicate-code``.
        severity: error, warning or info; info alone is nothing wrong.
        outlet: Id of the outlet, or of another thing in the chain; ``None`` for the whole.
        template: The sentence, Chinese, with ``params`` in it.
        candidates: What the answer may be, each with its distance; nothing was chosen.
    """

    finding: str
    severity: str
    outlet: str | None
    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    candidates: tuple[Mapping[str, Any], ...] = ()
    lonlat: tuple[float, float] | None = None

    @property
    def message(self) -> str:
        """The sentence in the language of the moment."""
        return _(self.template).format(**self.params)

    def to_dict(self) -> dict[str, Any]:
        """As the contract has it, and candidates where there are any."""
        found: dict[str, Any] = {
            "finding": self.finding, "severity": self.severity, "outlet": self.outlet, "message": self.message,
        }  # fmt: skip
        if self.candidates:
            found["candidates"] = [dict(item) for item in self.candidates]
        return found

"""What goes wrong with outlets, said to people."""

from __future__ import annotations

from typing import Any


class OutletError(ValueError):
    """One sentence for people.

    Attributes:
        template: The Chinese sentence, which is also the key of its translation.
        params: What varies in it.
    """

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params

"""What goes wrong with a sheet, in words for people."""

from __future__ import annotations

from typing import Any


class SheetError(Exception):
    """A sheet that cannot be made as asked.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies; the key of its translation.
        params: What varies.
    """

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params

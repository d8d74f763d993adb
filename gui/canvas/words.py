"""The canvas's way to the translations."""

from __future__ import annotations

try:
    from sanxian.i18n import _
except ImportError:  # pragma: no cover - until the catalogue is in the tree

    def _(message: str) -> str:
        return message


__all__ = ["_"]

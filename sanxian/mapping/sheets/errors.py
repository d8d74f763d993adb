"""What goes wrong with a sheet, in words for people."""

from __future__ import annotations

from sanxian.errors import TellingError


class SheetError(TellingError):
    """A sheet that cannot be made as asked."""

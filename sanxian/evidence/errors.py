"""Why a bundle cannot be made, signed or opened."""

from __future__ import annotations

from sanxian.errors import TellingError


class EvidenceError(TellingError):
    """A bundle that cannot be made or used as asked."""

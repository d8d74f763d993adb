"""What a large web map asks of the computer that opens it; apart, for the window asks without loading all that writes one."""

from __future__ import annotations

from pathlib import Path

from sanxian.i18n import _

LARGE_PAGE = 10_000_000  # bytes, from which on it is said what that means


def size_words(path: Path) -> str:
    """What to expect of a page that is large, or nothing."""
    size = path.stat().st_size
    if size < LARGE_PAGE:
        return ""
    words = _("网页有 {size:.0f} MB：电脑上打开约需 {seconds:.0f} 秒以上、{memory:.1f} GB 内存，手机上可能打不开。可以只画一部分范围。")
    return words.format(size=size / 1e6, seconds=size / 3e6, memory=size / 35e6)

"""How secret a layer is (密级), and who may see it on a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sanxian.i18n import N_, _
from sanxian.mapping.sheets.errors import SheetError

# From open to most secret; the words are those of 保守国家秘密法 and of the office's own 内部.
SECRECY: Mapping[str, str] = {
    "public": N_("公开"), "internal": N_("内部"), "secret": N_("秘密"), "confidential": N_("机密"), "top_secret": N_("绝密"),
}
REFUSED_FROM = "secret"


def secrecy_rank(mark: str | None) -> int:
    """How secret a mark is, code or Chinese word, 0 for public; -1 where nobody has said."""
    text = (mark or "").strip().strip("★").strip()
    for number, (code, word) in enumerate(SECRECY.items()):
        if text.lower() == code or text.startswith(word) or text.lower() == _(word).lower():
            return number
    return -1


def secrecy_words(mark: str | None) -> str:
    """A mark in words."""
    rank = secrecy_rank(mark)
    return _("未注明") if rank < 0 else _(list(SECRECY.values())[rank])


def mark_layers(workspace: Path, pairs: Sequence[str]) -> None:
    """Mark layers of a workspace: ``LAYER=MARK`` each, an empty mark for nothing said.

    Raises:
        SheetError: A pair is none, or the mark is not known; nothing is marked then.
        WorkspaceError: There is no such layer.
    """
    wanted: list[tuple[str, str | None]] = []
    for pair in pairs:
        name, equals, mark = pair.rpartition("=")
        rank = secrecy_rank(mark)
        if not equals or not name or (mark.strip() and rank < 0):
            known = "、".join(_(word) for word in SECRECY.values())
            raise SheetError(N_("--secrecy 应写成“图层=密级”，而不是“{pair}”；密级有：{known}"), pair=pair, known=known)
        wanted.append((name, list(SECRECY)[rank] if rank >= 0 else None))
    from layers.workspace import Workspace

    with Workspace.open(workspace) as open_one:
        for name, _mark in wanted:
            open_one.record(name)
        for name, code in wanted:
            open_one.describe(name, secrecy=code)

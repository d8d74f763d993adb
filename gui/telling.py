"""Which projects a report tells of: those whose verdicts hold, and which of those that were asked for it leaves out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from gui.session import Session, Site
from gui.words import listed, named, together
from sanxian.i18n import N_, _

ALL, SELECTED, CURRENT = "all", "selected", "current"
SCOPES = {ALL: N_("全部已研判（{count} 个）"), SELECTED: N_("列表中选中的（{count} 个）"), CURRENT: N_("当前项目（{count} 个）")}
MOST_NAMED = 6  # projects that one sentence names


@dataclass(frozen=True)
class Told:
    """Projects that somebody wants a report of.

    Attributes:
        judged: Their verdicts hold: the report tells of these.
        old: Their verdicts are of something that is no longer so.
        unjudged: Nobody has judged them.
        unopened: Ids of those that are not in the window at all, as their rows in the file contradict each other.
    """

    judged: tuple[Site, ...]
    old: tuple[Site, ...]
    unjudged: tuple[Site, ...]
    unopened: tuple[str, ...] = ()

    @property
    def left_out(self) -> tuple[Site, ...]:
        """Those that it does not tell of."""
        return self.old + self.unjudged

    def words(self) -> str:
        """Which are left out and why, as one sentence; '' where none is."""
        parts = (
            (N_("{count} 个项目待重判，不写入"), _names(self.old)), (N_("{count} 个项目未研判，不写入"), _names(self.unjudged)),
            (N_("{count} 个项目在文件里各行不一致，没有打开，不写入"), list(self.unopened)),
        )  # fmt: skip
        return together(named(_(words).format(count=f"{len(names):,}"), _first(names)) for words, names in parts if names)


def told(session: Session, ids: Collection[str] | None = None) -> Told:
    """What a report of these projects tells, or of all."""
    wanted = [site for site in session.sites if ids is None or site.id in ids]
    return Told(tuple(site for site in wanted if site.result is not None and not site.obsolete),
                tuple(site for site in wanted if site.result is not None and site.obsolete),
                tuple(site for site in wanted if site.result is None),
                tuple(code for _layer, code in session.left_out) if ids is None else ())


def scopes(session: Session, selected: Collection[str]) -> dict[str, Told]:
    """What can be asked for."""
    found = {ALL: told(session)}
    if selected:
        found[SELECTED] = told(session, selected)
    if session.current is not None:
        found[CURRENT] = told(session, {session.current_id})
    return found


def screening_of(sites: Sequence[Site]) -> Any:
    """One screening of projects that may have been judged one after another.

    Raises:
        MixedError: They were judged by different things, and have to be judged again.
    """
    from sanxian.result import joined

    return joined([(site.result, site.screening) for site in sites])


def former(session: Session) -> Any:
    """The last screening of the current project, or of another, where no verdict holds any more; ``None`` where there is none."""
    sites = [site for site in session.sites if site.result is not None]
    current = session.current
    if current is not None and current.result is not None:
        return current.screening
    return sites[0].screening if sites else None


def _names(sites: Sequence[Site]) -> list[str]:
    return [site.id if site.name in ("", site.id) else f"{site.id} {site.name}" for site in sites]


def _first(names: Sequence[str]) -> str:
    return listed(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")

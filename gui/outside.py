"""Projects that another program has changed in the file of the open workspace: read again beside what was edited here.

Three are compared, attribute by attribute: what the file had, what it has now, and what the window has. What only the other
program changed is taken over, as one step that can be undone; what only the window changed stays; of what both changed the
window's stays too, is named at once, and is asked about before it is saved over the other's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gui import stored
from gui.session import Origin, Session, Site
from gui.steps import Change

NAME, OUTLINE, WHOLE = "name", "geometry", ""  # what of a project differs, beside its attributes
Key = tuple[str, str]  # layer, and id there


@dataclass(frozen=True)
class Found:
    """What the file has of projects now.

    Attributes:
        marks: Of each layer of projects, by ``added``, as ``LayerRecord.changed``.
        sites: Of the layers that are there.
        away: Layers of projects whose tables are no longer in the file.
    """

    marks: Mapping[Any, str]
    sites: Sequence[Site] = ()
    away: Sequence[str] = ()


@dataclass
class Clash:
    """A project that was changed here and in the file.

    Attributes:
        fields: What of it was changed to different things; :data:`WHOLE` where it was removed here.
        theirs: As the file has it.
    """

    fields: set[str]
    theirs: Site


@dataclass
class Taken:
    """What came of it: names of projects.

    Attributes:
        lost: Removed in the file, and edited here: still there, and written anew.
        clashes: By the project's name, what both have changed.
        away: Layers of projects that are no longer in the file; their projects are still here.
        fields: By the project's id, what of it the other program changed.
        written: Those of the changed and the added ones that the file says something of that is not understood.
        left: What the file has of projects that can no longer be read.
    """

    changed: list[str] = field(default_factory=list[str])
    added: list[str] = field(default_factory=list[str])
    removed: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    clashes: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    away: list[str] = field(default_factory=list[str])
    fields: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    written: list[Site] = field(default_factory=list[Site])
    left: list[Any] = field(default_factory=list[Any])

    def __bool__(self) -> bool:
        return any((self.changed, self.added, self.removed, self.lost, self.clashes, self.away, self.written, self.left))


def read(workspace: Any, changes: Mapping[Any, str], marks: Mapping[Any, str]) -> Found | None:
    """What the file has of projects, where other programs have touched their layers at all; in any thread.

    Args:
        changes: As the workspace gives them.
        marks: When they were last read.

    Raises:
        WorkspaceError, RequestError: A layer cannot be read.
    """
    if not marks.keys() - changes.keys() and all(changes[key] == mark for key, mark in marks.items()):
        return None
    records = workspace.by_role(stored.ROLE)
    now = {record.added: record.changed for record in records}
    if now == dict(marks):
        return None
    return Found(now, stored.load(workspace), [record.name for record in records if record.gone])


def take(session: Session, found: Found) -> Taken:
    """Show what the file has of projects now."""
    left, known = dict(getattr(found.sites, "left", {})), session.left_out
    before = {(one.layer, one.code): one for one in session.stored}
    there = {_key(one): one for one in found.sites if one.origin is not None}
    mine = {id(site.origin): site for site in session.sites if site.origin is not None}
    told, kept, values = Taken(), list[Origin](), dict[int, tuple[Site, dict[str, Any]]]()
    gone: list[Site] = []
    said_otherwise: list[Site] = []  # what is not understood

    def merge(key: Key, site: Site, old: Origin, new: Site) -> None:
        wanted, both = _merged(site, old, new)
        told.fields[site.id] = {name for name in _names(old, new) if not _alike(_part(old, name), _part(new, name))}
        site.origin = new.origin
        if new.origin.unread != old.unread:
            said_otherwise.append(site)
        if both:
            clash = session.clashes.setdefault(key, Clash(set(), new))
            clash.fields |= both
            clash.theirs = new
            told.clashes[site.name or site.id] = both
        elif key in session.clashes:
            session.clashes[key].theirs = new
        if wanted:
            values[id(site)] = site, wanted
            told.changed.append(site.name or site.id)

    for layer in session.away - set(found.away):
        session.away.discard(layer)
        session.behind.discard(("away", layer))
    for key, old in before.items():
        site, new = mine.get(id(old)), there.get(key)
        if old.layer in found.away:
            if old.layer not in session.away:
                told.away.append(old.layer)
                session.away.add(old.layer)
            if site is not None:
                session.behind.add(("away", old.layer))
            kept.append(old)  # to be compared with, should it come back
            continue
        if new is None:
            if key in left:  # no longer to be read is not removed; what was edited here is asked about before it is saved over that
                if site is not None and not stored.edited(site):
                    gone.append(site)
                continue
            if site is not None and stored.edited(site):
                told.lost.append(site.name or site.id)
                session.behind.add(("lost", *key))
            elif site is not None:
                gone.append(site)
            continue
        assert new.origin is not None
        if _same(old, new.origin):
            kept.append(old)
            continue
        kept.append(new.origin)
        if site is None:
            session.clashes.setdefault(key, Clash(set(), new)).fields.add(WHOLE)
            session.clashes[key].theirs = new
            told.clashes[new.name or new.id] = {WHOLE}
            continue
        merge(key, site, old, new)
    taken = {site.id for site in session.sites}
    # Taken off the list as the file could not be read, and brought back by undoing.
    again = {_key(site): site for site in session.sites if site.origin is not None and _key(site) not in before}
    added: list[Site] = []
    for key, new in there.items():
        if key in before or new.origin is None:
            continue
        kept.append(new.origin)
        if key in again:
            session.behind.discard(("lost", *key))
            merge(key, again[key], again[key].origin, new)
            continue
        new.id = stored.free(new.id, taken)
        taken.add(new.id)
        added.append(new)
        told.added.append(new.name or new.id)
        if new.unread:
            told.written.append(new)
    told.left = [one for key, one in left.items() if one != known.get(key)]
    told.removed = [site.name or site.id for site in gone if _key(site) not in left]
    session.left_out = left
    session.stored, session.project_marks = kept, dict(found.marks)
    if values or added or gone:
        leaving = {id(site) for site in gone}
        _step(session, list(values.values()), [site for site in session.sites if id(site) not in leaving] + added)
    told.written += [site for site in said_otherwise if site.unread]
    for site in said_otherwise:
        session.siteChanged.emit(site.id)
    if left != known:
        session.sitesChanged.emit()
    return told


def clashing(session: Session) -> dict[Key, Clash]:
    """What the window would save over what another program has written, and is still another than that."""
    mine = {_key(site): site for site in session.sites if site.origin is not None}
    found: dict[Key, Clash] = {}
    for key, clash in session.clashes.items():
        site = mine.get(key)
        if site is None:
            fields = clash.fields & {WHOLE}
        else:
            fields = {name for name in clash.fields - {WHOLE} if not _alike(_part(site, name), _part(clash.theirs, name))}
        if fields:
            found[key] = Clash(fields, clash.theirs)
    return found


def contested(session: Session) -> list[Site]:
    """Projects of the window that the file has too, in rows that contradict each other: saving would put them in their place."""
    return [site for site in session.sites if site.origin is not None and _key(site) in session.left_out]


def take_theirs(session: Session) -> None:
    """Give up here what clashes, as one step: as the file has it."""
    leaving = {id(site) for site in contested(session)}
    mine = {_key(site): site for site in session.sites if site.origin is not None}
    values: list[tuple[Site, dict[str, Any]]] = []
    back: list[Site] = []
    for key, clash in clashing(session).items():
        site = mine.get(key)
        if site is None:
            clash.theirs.id = stored.free(clash.theirs.id, {one.id for one in session.sites})
            back.append(clash.theirs)
            continue
        wanted: dict[str, Any] = {}
        for name in clash.fields:
            _put(wanted, site, name, clash.theirs)
        values.append((site, wanted))
    if values or back or leaving:
        _step(session, values, [*(site for site in session.sites if id(site) not in leaving), *back], seen=False)
    session.clashes.clear()


def _key(site: Site) -> Key:
    assert site.origin is not None
    return site.origin.layer, site.origin.code


def _same(one: Origin, other: Origin) -> bool:
    if one.name != other.name or dict(one.attributes) != dict(other.attributes) or not _alike(
            (one.crs, one.geometry), (other.crs, other.geometry)):
        return False
    plain = [[{key: value for key, value in row.items() if key != "geometry"} for row in origin.rows] for origin in (one, other)]
    return repr(plain[0]) == repr(plain[1])


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and len(one) == 2 and hasattr(one[1], "equals_exact") and hasattr(other[1], "equals_exact"):
        return one[0] == other[0] and one[1].equals_exact(other[1], 0.0)
    return one == other


def _part(one: Site | Origin, name: str) -> Any:
    return one.name if name == NAME else (one.crs, one.geometry) if name == OUTLINE else one.attributes.get(name[1:])


def _put(wanted: dict[str, Any], site: Site, name: str, other: Site) -> None:
    """Note what ``site`` shall have of ``other``."""
    if name == NAME:
        wanted["name"] = other.name
    elif name == OUTLINE:
        wanted["geometry"], wanted["crs"] = other.geometry, other.crs
    else:
        attributes = dict(wanted.get("attributes", site.attributes))
        attributes.pop(name[1:], None)
        if name[1:] in other.attributes:
            attributes[name[1:]] = other.attributes[name[1:]]
        wanted["attributes"] = attributes


def _names(*of: Site | Origin) -> list[str]:
    return [NAME, OUTLINE, *(f".{key}" for key in dict.fromkeys(key for one in of for key in one.attributes))]


def _merged(site: Site, old: Origin, new: Site) -> tuple[dict[str, Any], set[str]]:
    """What a project shall have of that of the file, and what both have changed. Attributes bear a dot before their names."""
    wanted: dict[str, Any] = {}
    both: set[str] = set()
    for name in _names(old, site, new):
        was, here, there = _part(old, name), _part(site, name), _part(new, name)
        if _alike(was, there) or _alike(here, there):
            continue
        if _alike(was, here):
            _put(wanted, site, name, new)
        else:
            both.add(name)
    return wanted, both


def _step(session: Session, values: Sequence[tuple[Site, Mapping[str, Any]]], sites: Sequence[Site], *, seen: bool = True) -> None:
    """Show it, as one step; ``seen``: the file has it already, so that it is nothing to be saved."""
    former, current = list(session.sites), session.current_id
    rows = [(site, wanted, {name: getattr(site, name) for name in wanted}, site.inputs, object()) for site, wanted in values]
    token = object()

    def put(back: bool) -> None:
        for site, wanted, was, inputs, later in rows:
            for name, value in (was if back else wanted).items():
                setattr(site, name, value)
            site.inputs = inputs if back else later
            site.stale = session.is_stale(site, site.result is not None)
        session.sites = list(former if back else sites)
        if seen:
            (session.behind.add if back else session.behind.discard)(token)
        if back and current and not session.current_id:
            session.current_id = current
        if session.site(session.current_id) is None:
            session.current_id = ""
        if len(former) != len(sites) or back:
            session.sitesChanged.emit()
        for site, *_rest in rows:
            session.siteChanged.emit(site.id)
        session.currentChanged.emit(session.current_id)

    clean = seen and session.undo_stack.isClean()
    session.undo_stack.push(Change("读入别的程序改过的项目", {}, lambda: put(False), lambda: put(True)))
    if clean:
        session.undo_stack.setClean()

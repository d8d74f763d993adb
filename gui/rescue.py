"""What the window holds of a workspace whose file is away, or is another one now, written to a new file.

Layers are there as the map shows them, with every feature and every column; projects, looks and verdicts as they are in the
window. What else the file kept (reviews, rules, distances, templates, outlets without a place) is remembered as it was when the
file was last written to, for nobody can read it any more then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gui import kept, stored
from gui.session import STATE_KEY, LayerView, Session
from sanxian.i18n import N_


@dataclass(frozen=True)
class Spare:
    """What the window does not show of a workspace.

    Attributes:
        states: What it keeps under keys, but for verdicts, which the window has, and the window's own.
        packs: Rule packs that it carries.
        projects: Records of its layers of projects, by name.
        unplaced: Features without a place, by layer.
    """

    states: Mapping[str, Any] = field(default_factory=dict[str, Any])
    packs: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict[str, "Mapping[str, bytes]"])
    projects: Mapping[str, Any] = field(default_factory=dict[str, Any])
    unplaced: Mapping[str, Any] = field(default_factory=dict[str, Any])


def remember(workspace: Any) -> Spare:
    """Read it, in any thread.

    Raises:
        WorkspaceError: The file cannot be read.
    """
    from layers.schema import ROLES

    states = {key: value for key, value in workspace.states().items() if key not in (kept.KEY, STATE_KEY)}
    records = workspace.layers()
    unplaced = {record.name: workspace.read_unplaced(record.name) for record in records
                if record.role in ROLES and ROLES[record.role].register and not record.gone}
    return Spare(states, workspace.packs(), {record.name: record for record in records if record.role == stored.ROLE}, unplaced)


def write(engine: Any, session: Session, spare: Spare, path: Path) -> list[str]:
    """Make a workspace of what there is; runs in another thread.

    Args:
        path: Of the new file; it must not be there, and its name ends in ``.gpkg``.

    Returns:
        Names of layers and rasters that could not be written, as nobody has read them before.

    Raises:
        WorkspaceError: The file cannot be written.
    """
    before = [(site, site.origin) for site in session.sites], session.stored
    try:
        return _write(engine, session, spare, path)
    except BaseException:
        for site, origin in before[0]:
            site.origin = origin
        session.stored = before[1]
        raise


def _write(engine: Any, session: Session, spare: Spare, path: Path) -> list[str]:
    from layers.errors import LayerError, WorkspaceError
    from layers.workspace import Workspace
    from sanxian.mapping import own_styles
    from sanxian.mapping.qgis import save_styles

    left: list[str] = []
    families: dict[str, str] = {}
    with Workspace.create(path, backup=False) as workspace:
        views = [view for view in session.layers if view.raster is None]
        for view in sorted(views, key=lambda one: (not one.retired, one.record.added)):
            try:
                _layer(workspace, view, spare.unplaced.get(view.key), families)
            except (LayerError, WorkspaceError, ValueError):
                left.append(view.name)
        for view in session.layers:
            if view.raster is not None:
                try:
                    workspace.add_raster(view.raster, view.record.kind, name=view.record.name, source=view.record.source,
                                         version=view.record.version, crs=view.record.crs)
                except (LayerError, WorkspaceError, OSError):
                    left.append(view.name)
        for key, value in spare.states.items():
            workspace.set_state(key, value)
        for name, files in spare.packs.items():
            workspace.add_pack(name, files)
        session.stored = stored.write_all(session, workspace, spare.projects, engine.transform)
        there = {record.name for record in workspace.layers() if record.role != stored.ROLE}
        own_styles.keep(workspace, dict.fromkeys(there) | {
            view.name: view.style for view in views if view.name in there})
        state = session.window_state()
        del state["styles"]
        workspace.set_state(STATE_KEY, state)
        save_styles(workspace)
    return left


def _layer(workspace: Any, view: LayerView, unplaced: Any, families: dict[str, str]) -> None:
    """Write one layer; ``families`` says what those of before are called now, since versions of a layer stand together."""
    from gui.engine import about
    from layers.errors import WorkspaceError
    from layers.read import Layer

    record = view.record
    if view.frame is None:
        raise WorkspaceError(N_("图层 {name} 的数据已不在文件里，不能放回"), name=view.name)
    frame = view.frame.drop(columns="work_state", errors="ignore")  # stands in no file
    more = unplaced if unplaced is not None and len(unplaced) else None
    layer = Layer(record.role, families.get(record.family, record.family), frame, Path(record.file or view.key), record.sha256,
                  record.encoding, record.issues, unplaced=more)
    made = workspace.add(layer, **about(record))
    if made.name != view.name:
        workspace.rename(made.name, view.name)
    families[record.family] = workspace.record(view.name).family
    if record.secrecy is not None:
        workspace.describe(view.name, secrecy=record.secrecy)

"""What the window has done by another process when it is much; each of them can be called here as well.

Every function takes first what it calls with steps done and in all, which raises to stop it. What comes back is small, or
packed in pieces.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sanxian.apart import Packed, Progress, pack, unpack

_COMPARED = 20_000  # features of a layer with which names are compared


@dataclass(frozen=True, slots=True)
class KeptLayer:
    """A layer that was read and put by in a file, and what is to be known of it before it is added.

    Attributes:
        file: Pickled ``layers.read.Layer``.
        shift, narrow: The issues ``shift_doubt`` and that its coverage would be assumed, or ``None``.
    """

    file: Path
    name: str
    role: str
    count: int
    issues: tuple[Any, ...]
    shift: Any
    narrow: Any


def shift_doubt(layer: Any, reference: Sequence[Any]) -> Any:
    """The issue that a layer lies beside its namesakes in others as on a consumer map, or ``None``."""
    from layers.crs_doctor import diagnose

    if any(issue.code == "shift-converted" for issue in layer.issues):
        return None
    for frame in reference:
        if frame is None or frame.crs is None or len(frame) > _COMPARED or not {"code", "name"} & set(frame.columns):
            continue
        for doubt in diagnose(layer.frame, layer.frame.crs, reference=frame):
            if doubt.code in ("shifted-coordinates", "reference-shifted"):
                return doubt.issue()
    return None


def look(progress: Progress, path: Path, *, layer: str | None = None, encoding: str | None = None) -> Any:
    """The beginning of a file, as ``layers.look.look``."""
    from layers.look import look as seen

    progress(0, 0)
    return seen(path, layer=layer, encoding=encoding)


def readings(progress: Progress, path: Path, row: int, **options: Any) -> tuple[Any, Any]:
    """Both readings of a broken polygon of a file, as ``layers.look.readings``."""
    from layers.look import readings as both

    progress(0, 0)
    return both(path, row, **options)


def read_layer(progress: Progress, path: Path, role: str, file: Path, *, workspace: Path | None, reference: Sequence[str] = (),
               whole: bool = False, **options: Any) -> KeptLayer:
    """Read a file as a layer of ``role`` and put it by in ``file``.

    Args:
        workspace: What it is to be added to.
        reference: Names of the layers there with which it is compared, in this order.
        whole: Whether it would count as complete wherever the administrative areas are.
        options: As for ``layers.read.read_layer``.
    """
    from layers.ledger import assumed_for
    from layers.read import read_layer as read
    from layers.workspace import Workspace

    layer = read(path, role, progress=progress, **options)
    narrow, shift = None, None
    if workspace is not None:
        with Workspace.open(workspace, readonly=True) as opened:
            assumed = assumed_for(opened, layer) if whole else None
            narrow = assumed.issue() if assumed is not None else None
            known = {record.name: record for record in opened.layers()}
            named = [name for name in reference if name in known and known[name].features <= _COMPARED]
            for name in named:  # the first that says something is enough
                shift = shift or shift_doubt(layer, [opened.read(name)])
    with file.open("wb") as stream:
        pickle.dump(layer, stream, pickle.HIGHEST_PROTOCOL)
    return KeptLayer(file, layer.name, layer.role, layer.count, layer.issues, shift, narrow)


def add_layer(progress: Progress, loan: Any, file: Path, about: Mapping[str, Any]) -> str:
    """Add a layer that was put by to a workspace that is lent; its name there."""
    from layers.workspace import Workspace
    from sanxian.mapping.qgis import save_styles

    with file.open("rb") as stream:
        layer = pickle.load(stream)  # noqa: S301 - written by ``read_layer``
    with Workspace.borrow(loan) as workspace:
        record = workspace.add(layer, progress=progress, **about)
        save_styles(workspace)
    return record.name


def states(progress: Progress, path: Path, name: str, *, on: date) -> dict[int, str | None]:
    """The state of each outlet of a layer on a day, by its ``fid``."""
    from layers.workspace import Workspace
    from sanxian.outlets.layers import states as found

    progress(0, 0)
    with Workspace.open(path, readonly=True) as workspace:
        return found(workspace, workspace.record(name), on=on)


def projects(progress: Progress, path: Path, **options: Any) -> tuple[Packed, list[Any]]:
    """The projects of a file, as ``sanxian.request.load_projects``, and what is doubtful about it."""
    from sanxian.request import load_projects

    progress(0, 0)
    issues: list[Any] = []
    return pack(load_projects(path, doubts=issues.extend, **options)[0]), issues


def check(progress: Progress, path: Path) -> Packed:
    """What is wrong with the layers in use of a workspace, as ``Workspace.save_findings`` takes it."""
    from layers.check import check_workspace
    from layers.findings import rows
    from layers.workspace import Workspace
    from rules.load import load_files

    with Workspace.open(path, readonly=True) as workspace:
        listed: dict[str, str] = {}
        for name, files in sorted(workspace.packs().items()):
            for access_list in load_files(name, files).access_lists:
                listed |= {code: str(unit.get("name", "")) for code, unit in access_list.units.items()}
        return pack(rows(check_workspace(workspace, listed=listed, progress=progress)))


def coverage(progress: Progress, path: Path) -> Packed:
    """Where in the district each layer has not looked.

    Returns:
        Packed pairs: a line of the ledger, or the name of a role that has no layer, and the place in EPSG:4490.
    """
    import shapely

    from layers.ledger import district, ledger, missing_roles
    from layers.workspace import Workspace

    with Workspace.open(path, readonly=True) as workspace:
        progress(0, 3)
        whole = district(workspace)
        progress(1, 3)
        found: list[tuple[Any, Any]] = []
        for one in ledger(workspace):
            missing = whole
            if whole is not None and one.coverage is not None:
                missing = shapely.difference(whole, shapely.make_valid(one.coverage), grid_size=1e-9)
            found.append((replace(one, coverage=None), missing))
        progress(2, 3)
        found += [(role, whole) for role in missing_roles(workspace)]
        progress(3, 3)
    return pack(found)


def screen(progress: Progress, path: Path, sites: Packed, folders: Sequence[Path], *, on: date) -> tuple[Any, Packed]:
    """Judge projects: the screening without what came of each, and that in pieces (``whole``)."""
    from layers.workspace import Workspace
    from sanxian.screen import rule_set
    from sanxian.screen import screen as judge

    with Workspace.open(path, readonly=True) as workspace:
        return parted(judge(workspace, unpack(sites), rule_set(workspace, list(folders)), on=on, progress=progress))


def parted(screening: Any) -> tuple[Any, Packed]:
    """A screening for a journey."""
    return replace(screening, projects=()), pack(screening.projects)


def whole(parts: tuple[Any, Packed]) -> Any:
    """The screening after it."""
    return replace(parts[0], projects=tuple(unpack(parts[1])))


def report(progress: Progress, parts: tuple[Any, Packed], path: Path, workspace: Path, folders: Sequence[Path], **options: Any) -> None:
    """Write a report of a screening of a workspace file, as ``sanxian.reports.write_report`` does."""
    from layers.workspace import Workspace
    from sanxian.reports import write_report
    from sanxian.screen import rule_set

    progress(0, 0)
    with Workspace.open(workspace, readonly=True) as opened:
        write_report(whole(parts), path, workspace=opened, ruleset=rule_set(opened, list(folders)), **options)


def bundle(progress: Progress, sites: Packed, path: Path, workspace: Path, folders: Sequence[Path], *, on: date, **options: Any) -> None:
    """Judge projects and write the evidence bundle of it, as ``sanxian.evidence.bundle.write_bundle`` does."""
    from layers.workspace import Workspace
    from sanxian.evidence.bundle import write_bundle
    from sanxian.screen import rule_set
    from sanxian.screen import screen as judge

    projects, packs = unpack(sites), list(folders)
    with Workspace.open(workspace, readonly=True) as opened:
        screening = judge(opened, projects, rule_set(opened, packs), on=on, progress=progress)
        write_bundle(path, screening, projects, opened, folders=packs, progress=progress, **options)


def statistics(progress: Progress, path: Path, *, on: date) -> tuple[Any, list[Any]]:
    """The figures of a workspace and their charts, as ``sanxian.zoning`` makes them."""
    from layers.workspace import Workspace
    from sanxian.zoning.charts import charts
    from sanxian.zoning.figures import measure

    with Workspace.open(path, readonly=True) as workspace:
        found = measure(workspace, on=on, progress=progress)
    return found, charts(found)


def web_map(progress: Progress, workspace: Path, path: Path, results: Packed | None, *, on: date) -> Path:
    """Write the web map of a workspace with what came of its projects on a day, as ``write_web_map`` does."""
    from layers.workspace import Workspace
    from sanxian.mapping.web_page import write_web_map

    progress(0, 0)
    with Workspace.open(workspace, readonly=True) as opened:
        judged = None if results is None else _Judged(tuple(unpack(results)), on)
        return write_web_map(opened, path, on=on, screening=judged, progress=progress)


@dataclass(frozen=True, slots=True)
class _Judged:
    """As much of a screening as a web map asks for: every project of the window."""

    projects: tuple[Any, ...]
    on: date
    whole: bool = True
